"""The rollback that the watchdog starts, when the last apply was not confirmed in time."""

from __future__ import annotations

import sys

from ..record import lock, node_record
from ..services import pending_actions
from ..ssh import login, login_problems
from ..systemd import systemctl
from . import confirmation, journal_file, rollback

_CUT_OFF = "nobody could log in to the node after it was applied"


def main(folder: str = node_record.FOLDER) -> None:
    """What the timer runs: go back unless the apply was confirmed in the meantime.

    What died on the way back is taken up again; a service that does not restart stays owed, and
    keeps nothing else from being as it was.
    """
    boot_id = node_record.boot_id()
    with lock.locked(folder, seconds=float("inf")):
        record = node_record.load(folder)
        goes_back = bool(record.reverted)
        if confirmation.is_pending(folder):
            goes_back = not rollback.roll_back_interrupted(folder, record, boot_id)
            if goes_back:
                record = rollback.roll_back_committed(
                    folder, record, boot_id, _cause(folder), cut_off=True
                )
        if goes_back:
            for failure in pending_actions.perform_after_rollback(folder, record, boot_id):
                print(failure, file=sys.stderr)  # noqa: T201 - into the journal
            if record.needs_reboot(boot_id):
                systemctl.reboot()
        confirmation.confirm(folder, by_timer=True)


def _cause(folder: str) -> str:
    """Why nobody has confirmed, with what keeps the last login out now as far as that is known."""
    known = (journal_file.read(folder) or {}).get("login")
    try:
        problems = list(login_problems.find_now(login.Login(**known))) if known else []
    except Exception:  # noqa: BLE001 - the way back never hangs on an explanation of it
        problems = []
    return ": ".join([_CUT_OFF, "; ".join(problems)] if problems else [_CUT_OFF])
