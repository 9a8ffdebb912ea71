"""One apply under the lock: what it came to, and what it has left owing."""

from __future__ import annotations

import contextlib

from ..base.errors import NodeError
from ..base.module import Parameters, Result
from ..comparison import compare
from ..manifest.desired_state import DesiredState
from ..record import node_record
from ..record.failed_attempt import FailedAttempt, failed_attempt
from ..record.node_record import FOLDER, Record, boot_id
from ..restore import originals
from ..rollback import confirmation, watchdog
from . import attempts
from .preview import pending_actions, preview
from .transaction import Transaction


def apply(
    record: Record,
    desired: DesiredState,
    parameters: Parameters,
    tombstone: dict[str, str] | None = None,
) -> Result:
    """Bring the node to what is wanted; in the seconds asked for it goes back unless confirmed.

    Where it is not as it was when the actions were decided on, it is only told how it is now.
    """
    request = attempts.AttemptRequest.of(parameters, desired)
    before = preview(record, desired, compare.of_disk(desired), request)
    pending = before["pending"] or desired.forced
    if not pending or before["fingerprint"] != parameters["fingerprint"]:
        return before
    work = Transaction(FOLDER, record, desired, boot_id(), tombstone, request.attempt)
    try:
        work.run(
            parameters["actions"], lambda: watchdog.start(FOLDER, parameters["confirm_timeout"])
        )
    except NodeError as error:
        failed = failed_attempt(request.attempt, desired.config, error.cause, parameters["actions"])
        _remember(failed)
        raise
    demanded = confirmation.is_pending(FOLDER)
    after = {**pending_actions(record), "serial": record.serial, "awaits_confirmation": demanded}
    return {**before, **after, "unreturned": originals.not_restored(record)}


def _remember(failed: FailedAttempt) -> None:
    """Write down how an apply has failed; on a full disk it is merely tried once more."""
    with contextlib.suppress(OSError, NodeError):
        untouched = node_record.load(FOLDER)
        untouched.failed = failed
        untouched.save(FOLDER)
