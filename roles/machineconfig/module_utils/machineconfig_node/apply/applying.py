"""One apply under the lock, and its result."""

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
    """Apply the desired state, and start the watchdog.

    If the node has changed since the actions were decided on, only return the new differences.
    """
    request = attempts.AttemptRequest.of(parameters, desired)
    before = preview(record, desired, compare.of_disk(desired), request)
    is_change = before["pending"] or desired.forced
    if not is_change or before["fingerprint"] != parameters["fingerprint"]:
        return before
    if request.again:
        originals.accept_lost(record)
    transaction = Transaction(FOLDER, record, desired, boot_id(), tombstone, request.attempt)
    try:
        transaction.run(
            parameters["actions"], lambda: watchdog.start(FOLDER, parameters["confirm_timeout"])
        )
    except NodeError as error:
        failed = failed_attempt(request.attempt, desired.config, error.cause, parameters["actions"])
        _record_failure(failed)
        raise
    pending = confirmation.is_pending(FOLDER)
    after = {**pending_actions(record), "serial": record.serial, "awaits_confirmation": pending}
    return {**before, **after, "unreturned": originals.not_restored(record)}


def _record_failure(failed: FailedAttempt) -> None:
    """Record the failure of an apply; on a full disk it is lost, and the apply is retried."""
    with contextlib.suppress(OSError, NodeError):
        record = node_record.load(FOLDER)
        record.failed = failed
        record.save(FOLDER)
