"""Decides whether an attempt to apply a config may change the node again.

The controller names each attempt: a new name for a new target and for each `recover`. All retries
of an attempt have its name. A run by hand has none.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from ..base.errors import NodeError
from ..comparison import compare
from ..manifest.desired_state import DesiredState
from ..record import node_record
from ..record.failed_attempt import FailedAttempt, facts
from ..record.node_record import Record


@dataclasses.dataclass(frozen=True)
class AttemptRequest:
    """The attempt of a run, and whether it may apply again what failed before.

    `attempt` is the name of the attempt. `again` is a user's request to apply the config again,
    which the controller repeats with each retry; `forced` is that request by the force file.
    """

    attempt: str = ""
    again: bool = False
    forced: bool = False

    @classmethod
    def of(cls, parameters: dict[str, Any], desired: DesiredState) -> AttemptRequest:
        """Return the request in the parameters of a step."""
        return cls(parameters["attempt"], parameters["again"], desired.forced)

    def allows_reapply(self, record: Record) -> bool:
        """Whether a request to apply the config again is still open."""
        if self.forced or not self.again or not self.attempt:
            return self.forced or self.again
        earlier = {record.attempt, record.reverted.get("attempt")}
        return self.attempt not in earlier and not _has_failed(self.attempt, record)


NO_ATTEMPT = AttemptRequest()


def only_verifies(record: Record, desired: DesiredState, request: AttemptRequest) -> bool:
    """Whether a run only verifies, because the config was applied and booted into before.

    Another reboot would not fix the remaining differences. A controller resumes what was applied by
    hand; only a user's request or a later attempt applies it again.
    """
    is_retry = not request.attempt or record.attempt in {"", request.attempt}
    booted = record.awaits_verification(node_record.boot_id()) and record.config == desired.config
    return booted and is_retry and not request.allows_reapply(record)


def refuse_superseded(record: Record, desired: DesiredState, request: AttemptRequest) -> None:
    """Refuse the retry of an attempt after an administrator has applied another config by hand.

    Raises:
        NodeError: this attempt must not undo it; a new target and `recover` begin another one.
    """
    earlier = record.failed
    if not earlier.get("superseded") or not request.attempt:
        return
    if (request.attempt, desired.config) == (earlier["attempt"], earlier["config"]):
        raise NodeError(
            f"{earlier['cause']} since the update to {desired.config} began, and stays",
            f"change the MachineConfig; or apply {desired.config} again: `kubectl mc recover NODE`",
        )


def failed_before(record: Record, desired: DesiredState, request: AttemptRequest) -> FailedAttempt:
    """Return the earlier failure of this attempt, unless the node has changed since.

    `as_before` is whether the node matches its record now, so that pods can run on it.
    """
    is_repeated = record.failed.get("config") == desired.config and _has_failed(
        request.attempt, record
    )
    if not is_repeated:
        return {}
    as_before = compare.is_as_recorded(record, node_record.boot_id())
    return {**record.failed, "as_before": as_before}


def _has_failed(attempt: str, record: Record) -> bool:
    """Whether this attempt failed and was rolled back, and the node has not changed since."""
    earlier = record.failed
    return bool(attempt) and earlier.get("attempt") == attempt and earlier["facts"] == facts()
