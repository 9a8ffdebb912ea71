"""One apply under the lock: what it came to, and what it has left owing."""

from __future__ import annotations

import contextlib

from . import attempts, comparison, confirmation, record, returning, timer
from .call import Answer, Asked
from .desired import Desired
from .errors import NodeError
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
    wish = attempts.Wish.of(asked, wanted)
    before = outlook(found, wanted, comparison.on_disk(wanted), wish)
    pending = before["pending"] or wanted.forced
    if not pending or before["fingerprint"] != asked["fingerprint"]:
        return before
    work = Transaction(FOLDER, found, wanted, boot_id(), tombstone, wish.attempt)
    try:
        work.run(asked["actions"], lambda: timer.demand(FOLDER, asked["confirm_timeout"]))
    except NodeError as error:
        failed = attempts.failed(wish.attempt, wanted.config, error.cause, asked["actions"])
        _remember(failed)
        raise
    demanded = confirmation.is_demanded(FOLDER)
    after = {**debts(found), "serial": found.serial, "awaits_confirmation": demanded}
    return {**before, **after, "unreturned": returning.unreturned(found)}


def _remember(failed: attempts.Failed) -> None:
    """Write down how an apply has failed; on a full disk it is merely tried once more."""
    with contextlib.suppress(OSError, NodeError):
        untouched = record.load(FOLDER)
        untouched.failed = failed
        untouched.save(FOLDER)
