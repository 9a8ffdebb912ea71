"""The mark by which our cordon of a node is known from an administrator's.

A kubelet may write its Node, so the mark is a word that nobody can foresee: it is on the Node from
the cordon on, and before that only its digest is anywhere.
"""

import hashlib


def digest(mark: str) -> str:
    """What is noted of a mark, from which nobody can tell it; empty for none."""
    return hashlib.sha256(mark.encode()).hexdigest()[:32] if mark else ""
