"""Counts the logins over SSH of the last seconds, by the system journal.

It is a hint for people: a node on which somebody has logged in is not locked out.
"""

from __future__ import annotations

from typing import Iterator

from ..base.view import AS_IT_IS, View

_ACCEPTED = "Accepted "


def describe(seconds: int, view: View = AS_IT_IS) -> Iterator[str]:
    """Yield how many logins succeeded in the last `seconds`, if there were any."""
    names = ("--identifier=sshd", "--identifier=sshd-session")
    since = (f"--since=-{seconds}s", "--boot", "--output=cat", "--quiet")
    count = sum(line.startswith(_ACCEPTED) for line in view.run("journalctl", *names, *since).lines)
    if count:
        yield f"meanwhile logins over SSH succeeded: {count}"
