"""The rollback by the watchdog, if the last apply was not confirmed in time.

It runs in any boot that gets as far as a system manager, also in one without the file systems of
the paths that it writes.
"""

from __future__ import annotations

import contextlib
import signal
import sys
from typing import Iterable

from ..base.errors import NodeError
from ..filesystem import recorded_mounts, reserve
from ..filesystem.recorded_mounts import RecordedMount
from ..record import lock, node_record
from ..record.node_record import Record
from ..services import pending_actions
from ..ssh import login, login_problems, recent_logins
from ..systemd import boot_problems, leaving_boot, shutdown_state
from . import boot_loop, confirmation, deadline, journal_file, rollback

_CUT_OFF = "no run confirmed it within {seconds} s"
_LOOP = "no run confirmed it in {boots} boots: the node reboots again and again"
_MOST_PROBLEMS = 3
# After so many attempts, half a minute apart, what is rolled back is all that can be.
_MOST_ATTEMPTS = 10


def main(folder: str = node_record.FOLDER, mounts: Iterable[tuple[str, ...]] = ()) -> None:
    """Roll back the last apply unless it was confirmed in the meantime; `mounts` are recorded."""
    _mount_missing(folder, mounts)
    deadline.wait(folder)
    seconds = (journal_file.read(folder) or {}).get("confirm_within", 0)
    _roll_back(folder, _CUT_OFF.format(seconds=seconds), broken_boot=boot_problems.ended_early())


def count_boot(folder: str, mounts: Iterable[tuple[str, ...]] = ()) -> None:
    """Count this boot, and roll back at once if the node reboots again and again."""
    boots = boot_loop.count(confirmation.PROGRAM)
    if boot_loop.is_loop(boots):
        # This boot ends soon, and has to wait for the rollback.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        _mount_missing(folder, mounts)
        _roll_back(folder, _LOOP.format(boots=boots), broken_boot=True)


def _mount_missing(folder: str, mounts: Iterable[tuple[str, ...]]) -> None:
    """Mount what this boot has not; all but the file system of the record may fail."""
    for failure in recorded_mounts.mount_missing((RecordedMount(*each) for each in mounts), folder):
        print(failure, file=sys.stderr)  # noqa: T201 - to the system journal


def _roll_back(folder: str, cause: str, *, broken_boot: bool) -> None:
    """Roll back the last apply, and leave the boot if it was booted.

    An interrupted rollback is resumed. A service that fails to restart stays pending, and does not
    stop the rest of the rollback; neither does a path that cannot be rolled back, in the end.
    """
    boot_id = node_record.boot_id()
    recorded_mounts.make_writable([folder, confirmation.PROGRAM])
    with lock.locked(folder, seconds=float("inf")):
        record = node_record.load_to_change(folder)
        rolls_back = bool(record.reverted)
        if confirmation.is_pending(folder):
            journal = journal_file.read(folder) or {}
            problems = _problems(journal, record, boot_id)
            cause = ": ".join([cause, "; ".join(problems)] if problems else [cause])
            reserve.free(confirmation.reserve_folders(folder))
            gives_up = _attempts(folder, journal) >= _MOST_ATTEMPTS
            _make_writable(journal)
            rolls_back = not rollback.roll_back_interrupted(folder, record, boot_id)
            if rolls_back:
                record = rollback.roll_back_committed(
                    folder,
                    record,
                    boot_id,
                    cause,
                    cut_off=True,
                    broken_boot=broken_boot and record.awaits_verification(boot_id),
                    gives_up=gives_up,
                )
        if rolls_back:
            for failure in pending_actions.perform_after_rollback(folder, record, boot_id):
                print(failure, file=sys.stderr)  # noqa: T201 - to the system journal
        confirmation.confirm(folder, by_watchdog=True)
    # Last, because a reboot can end this process at once.
    if rolls_back and record.needs_reboot(boot_id) and not shutdown_state.pending():
        leaving_boot.leave()


def _attempts(folder: str, journal: journal_file.Journal) -> int:
    """Count this attempt to roll back, and return how many there are."""
    attempts = int(journal.get("rollbacks", 0)) + 1
    journal_file.write(folder, {**journal, "rollbacks": attempts})
    return attempts


def _make_writable(journal: journal_file.Journal) -> None:
    """Make the file systems writable; a path for which that fails is not rolled back."""
    for path in journal.get("images", ()):
        try:
            recorded_mounts.make_writable([path])
        except NodeError as error:  # noqa: PERF203 - each is tried by itself
            print(error, file=sys.stderr)  # noqa: T201 - to the system journal


def _problems(journal: journal_file.Journal, record: Record, boot_id: str) -> list[str]:
    """Return what the node knows of the boot and of logins, to explain the rollback."""
    problems: list[str] = []
    # The rollback does not depend on its explanation.
    with contextlib.suppress(Exception):
        if record.awaits_verification(boot_id):
            problems += boot_problems.find(_MOST_PROBLEMS, journal.get("ailing", ()))
    with contextlib.suppress(Exception):
        if "login" in journal:
            problems += login_problems.find_now(login.Login(**journal["login"]))
    with contextlib.suppress(Exception):
        problems += recent_logins.describe(journal.get("confirm_within", 0))
    return problems
