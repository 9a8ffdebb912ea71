"""One apply under the lock: what it came to, and what it has left owing."""

from __future__ import annotations

from . import comparison, confirmation, timer
from .call import Answer
from .desired import Desired
from .outlook import debts, outlook
from .record import FOLDER, Action, Record, boot_id
from .transaction import Transaction


def apply(
    found: Record,
    wanted: Desired,
    actions: list[Action],
    seconds: int,
    tombstone: dict[str, str] | None = None,
) -> Answer:
    """Bring the node to what is wanted; in `seconds` it goes back unless that is confirmed."""
    before = outlook(found, wanted, comparison.on_disk(wanted))
    if not (before["pending"] or wanted.forced):
        return before
    work = Transaction(FOLDER, found, wanted, boot_id(), tombstone)
    work.run(actions, lambda: timer.demand(FOLDER, seconds))
    demanded = confirmation.is_demanded(FOLDER)
    after = {**debts(found), "serial": found.serial, "awaits_confirmation": demanded}
    return {**before, **after, "left": work.left}
