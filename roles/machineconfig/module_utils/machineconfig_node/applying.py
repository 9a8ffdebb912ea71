"""One apply under the lock: what it came to, and what it has left owing."""

from __future__ import annotations

from . import comparison, confirmation, timer
from .call import Answer, Asked
from .desired import Desired
from .outlook import debts, outlook
from .record import FOLDER, Record, boot_id
from .transaction import Transaction


def apply(
    found: Record,
    wanted: Desired,
    asked: Asked,
    tombstone: dict[str, str] | None = None,
) -> Answer:
    """Bring the node to what is wanted; in the seconds asked for it goes back unless confirmed.

    Where it is not as it was when the actions were decided on, it is only told how it is now.
    """
    before = outlook(found, wanted, comparison.on_disk(wanted))
    pending = before["pending"] or wanted.forced
    if not pending or before["fingerprint"] != asked["fingerprint"]:
        return before
    work = Transaction(FOLDER, found, wanted, boot_id(), tombstone)
    work.run(asked["actions"], lambda: timer.demand(FOLDER, asked["confirm_timeout"]))
    demanded = confirmation.is_demanded(FOLDER)
    after = {**debts(found), "serial": found.serial, "awaits_confirmation": demanded}
    return {**before, **after, "left": work.left}
