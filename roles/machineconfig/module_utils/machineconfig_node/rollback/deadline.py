"""When the watchdog of this boot rolls back: never while the node is about to shut down.

A reboot that is pending was ordered by somebody who could log in. The next boot has a watchdog of
its own, whose time begins with that boot.
"""

from __future__ import annotations

import time

from ..systemd import shutdown_state
from . import journal_file

_PAUSE = 2.0  # seconds


def wait(folder: str) -> None:
    """Return when the timer of the watchdog has expired and no shutdown is pending.

    If one was pending and then cancelled, the whole time to confirm passes again before that. A
    confirmation ends the wait, and so does the shutdown.
    """
    due = time.monotonic()
    while _awaits_confirmation(folder):
        if shutdown_state.pending():
            due = time.monotonic() + _seconds(folder)
        elif time.monotonic() >= due:
            return
        time.sleep(_PAUSE)


def _awaits_confirmation(folder: str) -> bool:
    journal = journal_file.read(folder)
    return bool(journal and journal["awaits_confirmation"])


def _seconds(folder: str) -> float:
    return float((journal_file.read(folder) or {}).get("confirm_within", 0))
