"""The mark that distinguishes the controller's cordon of a node from an administrator's.

A kubelet may write its Node, so the mark is unpredictable: it is on the Node from the cordon on,
and before that only its digest is published.
"""

import hashlib


def digest(mark: str) -> str:
    """Return the published digest of a mark; empty for none."""
    return hashlib.sha256(mark.encode()).hexdigest()[:32] if mark else ""
