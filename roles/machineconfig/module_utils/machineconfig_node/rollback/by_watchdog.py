"""The rollback by the watchdog, if the last apply was not confirmed in time.

It runs in any boot that gets as far as a system manager, also in one without the file systems of
the paths that it writes.
"""

from __future__ import annotations

import contextlib
import sys
from typing import Iterable

from ..filesystem import recorded_mounts
from ..filesystem.recorded_mounts import RecordedMount
from ..record import lock, node_record
from ..record.node_record import Record
from ..services import pending_actions
from ..ssh import login, login_problems, recent_logins
from ..systemd import boot_problems, leaving_boot, shutdown_state
from . import confirmation, deadline, journal_file, reserve, rollback

_CUT_OFF = "no run confirmed it within {seconds} s"
_MOST_PROBLEMS = 3


def main(folder: str = node_record.FOLDER, mounts: Iterable[tuple[str, ...]] = ()) -> None:
    """Roll back the last apply unless it was confirmed in the meantime.

    `mounts` are the recorded ones. An interrupted rollback is resumed. A service that fails to
    restart stays pending, and does not stop the rest of the rollback.
    """
    boot_id = node_record.boot_id()
    recorded_mounts.mount_missing(RecordedMount(*each) for each in mounts)
    deadline.wait(folder)
    recorded_mounts.make_writable([folder, confirmation.PROGRAM])
    with lock.locked(folder, seconds=float("inf")):
        record = node_record.load_to_change(folder)
        rolls_back = bool(record.reverted)
        if confirmation.is_pending(folder):
            cause = _cause(folder, record, boot_id)
            reserve.free(confirmation.reserve_folders(folder))
            recorded_mounts.make_writable((journal_file.read(folder) or {}).get("images", ()))
            rolls_back = not rollback.roll_back_interrupted(folder, record, boot_id)
            if rolls_back:
                record = rollback.roll_back_committed(folder, record, boot_id, cause, cut_off=True)
        if rolls_back:
            for failure in pending_actions.perform_after_rollback(folder, record, boot_id):
                print(failure, file=sys.stderr)  # noqa: T201 - to the system journal
        confirmation.confirm(folder, by_watchdog=True)
    # Last, because a reboot can end this process at once.
    if rolls_back and record.needs_reboot(boot_id) and not shutdown_state.pending():
        leaving_boot.leave()


def _cause(folder: str, record: Record, boot_id: str) -> str:
    """Return the cause of the rollback, with what the node knows of the boot and of logins."""
    journal = journal_file.read(folder) or {}
    seconds = journal.get("confirm_within", 0)
    problems: list[str] = []
    # The rollback does not depend on its explanation.
    with contextlib.suppress(Exception):
        if record.awaits_verification(boot_id):
            problems += boot_problems.find(_MOST_PROBLEMS, journal.get("ailing", ()))
    with contextlib.suppress(Exception):
        if "login" in journal:
            problems += login_problems.find_now(login.Login(**journal["login"]))
    with contextlib.suppress(Exception):
        problems += recent_logins.describe(seconds)
    cut_off = _CUT_OFF.format(seconds=seconds)
    return ": ".join([cut_off, "; ".join(problems)] if problems else [cut_off])
