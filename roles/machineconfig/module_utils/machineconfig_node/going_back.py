"""Back to the config before the last apply: by a run that has failed, or by the node itself."""

from __future__ import annotations

import sys

from . import comparison, confirmation, health, lock, record, services, systemd, undo
from .errors import NodeError
from .record import Record

_CUT_OFF = "nobody could log in to the node after it was applied"


def go_back(folder: str, found: Record, cause: str) -> Record:
    """Revert the last apply, restart what it had restarted, and prove what is there then.

    Raises:
        NodeError: what is there now is not the config before.
    """
    boot_id = record.boot_id()
    back = undo.revert(folder, found, boot_id, cause, cut_off=False)
    health.forgive(found)
    failed = services.carry_back(folder, back, boot_id)
    confirmation.confirm(folder)
    if failed:
        raise NodeError(f"after going back: {'; '.join(failed)}", "mend the service on the node")
    if wrong := differing(back):
        raise NodeError(f"after going back these differ: {', '.join(wrong)}", "look at the node")
    return back


def differing(found: Record) -> list[str]:
    """The paths and links that are not as the record says."""
    marks = {**found.paths, **found.links}
    return [path for path, mark in marks.items() if not comparison.holds(path, mark)]


def main(folder: str = record.FOLDER) -> None:
    """What the timer runs: go back unless the apply was confirmed in the meantime.

    What died on the way back is taken up again; a service that does not restart stays owed, and
    keeps nothing else from being as it was.
    """
    boot_id = record.boot_id()
    with lock.locked(folder, seconds=float("inf")):
        found = record.load(folder)
        goes_back = bool(found.reverted)
        if confirmation.is_demanded(folder):
            goes_back = not undo.recover(folder, found, boot_id)
            if goes_back:
                found = undo.revert(folder, found, boot_id, _CUT_OFF, cut_off=True)
        if goes_back:
            for failure in services.carry_back(folder, found, boot_id):
                print(failure, file=sys.stderr)  # noqa: T201 - into the journal
            if found.owes_reboot(boot_id):
                systemd.reboot()
        confirmation.confirm(folder, by_timer=True)
