"""One apply under the lock: what it came to, and what it has left owing."""

from __future__ import annotations

import contextlib

from ..base.errors import NodeError
from ..base.module import Parameters, Result
from ..comparison import compare
from ..manifest.desired_state import Desired
from ..record import record
from ..record.failed_attempt import FailedAttempt, failed_attempt
from ..record.record import FOLDER, Record, boot_id
from ..restore import originals
from ..rollback import confirmation, watchdog
from . import attempts
from .preview import debts, outlook
from .transaction import Transaction


def apply(
    found: Record,
    wanted: Desired,
    asked: Parameters,
    tombstone: dict[str, str] | None = None,
) -> Result:
    """Bring the node to what is wanted; in the seconds asked for it goes back unless confirmed.

    Where it is not as it was when the actions were decided on, it is only told how it is now.
    """
    wish = attempts.Wish.of(asked, wanted)
    before = outlook(found, wanted, compare.on_disk(wanted), wish)
    pending = before["pending"] or wanted.forced
    if not pending or before["fingerprint"] != asked["fingerprint"]:
        return before
    work = Transaction(FOLDER, found, wanted, boot_id(), tombstone, wish.attempt)
    try:
        work.run(asked["actions"], lambda: watchdog.demand(FOLDER, asked["confirm_timeout"]))
    except NodeError as error:
        failed = failed_attempt(wish.attempt, wanted.config, error.cause, asked["actions"])
        _remember(failed)
        raise
    demanded = confirmation.is_demanded(FOLDER)
    after = {**debts(found), "serial": found.serial, "awaits_confirmation": demanded}
    return {**before, **after, "unreturned": originals.unreturned(found)}


def _remember(failed: FailedAttempt) -> None:
    """Write down how an apply has failed; on a full disk it is merely tried once more."""
    with contextlib.suppress(OSError, NodeError):
        untouched = record.load(FOLDER)
        untouched.failed = failed
        untouched.save(FOLDER)
