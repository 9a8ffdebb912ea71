"""Attempts to bring a node to a config: which of them may change the node again.

A controller gives each attempt a name of its own: a new one for a new target, and for every time
that a person asks. All retries of an attempt bear its name. A run by hand has none.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from ..comparison import compare
from ..manifest.desired_state import DesiredState
from ..record import node_record
from ..record.failed_attempt import FailedAttempt, facts
from ..record.node_record import Record


@dataclasses.dataclass(frozen=True)
class AttemptRequest:
    """How a run stands to what was tried before.

    `attempt` is the name of the attempt, and `again` a person's wish that what has failed be done
    once more, which a controller repeats with every retry of the attempt made for it. By `forced`
    the force file asks for that.
    """

    attempt: str = ""
    again: bool = False
    forced: bool = False

    @classmethod
    def of(cls, parameters: dict[str, Any], desired: DesiredState) -> AttemptRequest:
        """The wish that a step was called with."""
        return cls(parameters["attempt"], parameters["again"], desired.forced)

    def allows_reapply(self, record: Record) -> bool:
        """Whether what has failed is to be done once more, and was not yet."""
        if self.forced or not self.again or not self.attempt:
            return self.forced or self.again
        return self.attempt != record.attempt and not _has_failed(self.attempt, record)


NO_ATTEMPT = AttemptRequest()


def only_verifies(record: Record, desired: DesiredState, request: AttemptRequest) -> bool:
    """Whether a run only has to verify: the config was applied, and booted into, but not verified.

    What differs then is not mended by another reboot. A controller takes up what was applied by
    hand; only a person who asks, or a later attempt than the one that has applied it, begins anew.
    """
    is_retry = not request.attempt or record.attempt in {"", request.attempt}
    booted = record.awaits_verification(node_record.boot_id()) and record.config == desired.config
    return booted and is_retry and not request.allows_reapply(record)


def failed_before(record: Record, desired: DesiredState, request: AttemptRequest) -> FailedAttempt:
    """How this very attempt has failed before, if nothing that it rests on has changed since.

    `as_before` says whether the node is what its record says meanwhile, so that it can take pods.
    """
    alike = record.failed.get("config") == desired.config and _has_failed(request.attempt, record)
    return (
        {**record.failed, "as_before": compare.is_as_recorded(record, node_record.boot_id())}
        if alike
        else {}
    )


def _has_failed(attempt: str, record: Record) -> bool:
    """Whether this attempt was undone, and nothing that it rests on has changed since."""
    earlier = record.failed
    return bool(attempt) and earlier.get("attempt") == attempt and earlier["facts"] == facts()
