"""The rollback by the watchdog, if the last apply was not confirmed in time."""

from __future__ import annotations

import sys

from ..record import lock, node_record
from ..services import pending_actions
from ..ssh import login, login_problems
from ..systemd import shutdown_state, systemctl
from . import confirmation, deadline, journal_file, rollback

_CUT_OFF = "no login to the node succeeded after it was applied"


def main(folder: str = node_record.FOLDER) -> None:
    """Roll back the last apply unless it was confirmed in the meantime.

    An interrupted rollback is resumed. A service that fails to restart stays pending, and does not
    stop the rest of the rollback.
    """
    boot_id = node_record.boot_id()
    deadline.wait(folder)
    with lock.locked(folder, seconds=float("inf")):
        record = node_record.load_to_change(folder)
        rolls_back = bool(record.reverted)
        if confirmation.is_pending(folder):
            rolls_back = not rollback.roll_back_interrupted(folder, record, boot_id)
            if rolls_back:
                record = rollback.roll_back_committed(
                    folder, record, boot_id, _cause(folder), cut_off=True
                )
        if rolls_back:
            for failure in pending_actions.perform_after_rollback(folder, record, boot_id):
                print(failure, file=sys.stderr)  # noqa: T201 - to the system journal
            if record.needs_reboot(boot_id) and not shutdown_state.pending():
                systemctl.reboot()
        confirmation.confirm(folder, by_watchdog=True)


def _cause(folder: str) -> str:
    """Return the cause of the rollback, with the known problems of the last login."""
    known = (journal_file.read(folder) or {}).get("login")
    try:
        problems = list(login_problems.find_now(login.Login(**known))) if known else []
    except Exception:  # noqa: BLE001 - the rollback does not depend on its explanation
        problems = []
    return ": ".join([_CUT_OFF, "; ".join(problems)] if problems else [_CUT_OFF])
