"""Back to the config before the last apply: by a run that has failed, or by the node itself."""

from __future__ import annotations

import sys

from . import (
    access,
    attempts,
    comparison,
    confirmation,
    health,
    lock,
    login,
    record,
    services,
    systemd,
    undo,
)
from .errors import NodeError
from .record import Record

_CUT_OFF = "nobody could log in to the node after it was applied"


def is_possible(folder: str, found: Record) -> bool:
    """Whether an apply has died half-way, or can be reverted in the boot that it was made in."""
    if undo.is_under_way(folder, found):
        return True
    return undo.read(folder) is not None and not found.awaits_proof(record.boot_id())


def settle(folder: str, found: Record) -> bool:
    """Whether the node is what its record says and owes nothing; then nothing awaits a proof."""
    settled = attempts.is_as_recorded(found)
    if settled:
        found.debts = None
        found.save(folder)
    return settled


def go_back(folder: str, found: Record, cause: str) -> Record:
    """Revert the last apply, restart what it had restarted, and prove what is there then.

    Raises:
        NodeError: what is there now is not the config before.
    """
    boot_id = record.boot_id()
    if undo.recover(folder, found, boot_id):
        # The apply had failed, and so had its own roll-back.
        confirmation.confirm(folder)
        return found
    back = undo.revert(folder, found, boot_id, cause, cut_off=False)
    health.forgive(found)
    failed = services.carry_back(folder, back, boot_id)
    confirmation.confirm(folder)
    if failed:
        raise NodeError(f"after going back: {'; '.join(failed)}", "mend the service on the node")
    if wrong := comparison.departed(back):
        raise NodeError(f"after going back these differ: {', '.join(wrong)}", "look at the node")
    return back


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
                found = undo.revert(folder, found, boot_id, _cause(folder), cut_off=True)
        if goes_back:
            for failure in services.carry_back(folder, found, boot_id):
                print(failure, file=sys.stderr)  # noqa: T201 - into the journal
            if found.owes_reboot(boot_id):
                systemd.reboot()
        confirmation.confirm(folder, by_timer=True)


def _cause(folder: str) -> str:
    """Why nobody has confirmed, with what keeps the last login out now as far as that is known."""
    known = (undo.read(folder) or {}).get("login")
    try:
        problems = list(access.problems_now(login.Login(**known))) if known else []
    except Exception:  # noqa: BLE001 - the way back never hangs on an explanation of it
        problems = []
    return ": ".join([_CUT_OFF, "; ".join(problems)] if problems else [_CUT_OFF])
