"""The result of a drift check for each node, as the controller reports it; pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from controller.api import names
from controller.api.machine_config_node import NodeState
from controller.api.meta import ConditionStatus
from controller.cli.kubectl_mc.status.overview import Member, drift_condition


class CheckOutcome(StrEnum):
    """The kinds of results, under the names that programs read."""

    AS_CONFIGURED = "AsConfigured"
    DRIFT = "Drift"
    UNREACHABLE = "Unreachable"
    UNKNOWN = "Unknown"
    IN_UPDATE = "InUpdate"
    FAILED = "Failed"
    HELD = "Held"
    UNMANAGED = "Unmanaged"
    REQUESTED = "Asked"
    NO_ANSWER = "NoAnswer"
    GONE = "Gone"


@dataclass(frozen=True)
class CheckResult:
    """One node, the outcome of its check, and a message."""

    member: Member
    outcome: CheckOutcome
    message: str = ""


_UNREACHABLE: Final = "Unreachable"


def result_without_check(member: Member) -> CheckResult | None:
    """Return the result for a node that the controller does not check; None if it does."""
    if member.node.held:
        message = f"held by an administrator: no check until annotation {names.HOLD} is removed"
        return CheckResult(member, CheckOutcome.HELD, message)
    if not member.node.runs_linux:
        return CheckResult(member, CheckOutcome.UNMANAGED, "it does not run Linux")
    if not member.pool and member.node.status.state is None:
        return CheckResult(member, CheckOutcome.UNMANAGED, member.pool_phrase())
    return None


def reported_result(member: Member) -> CheckResult:
    """Return the result that the controller has reported."""
    status = member.node.status
    if member.node.in_update or status.state is None:
        return _in_update(member)
    condition = drift_condition(status)
    match condition.status if condition else None:
        case ConditionStatus.TRUE:
            return CheckResult(member, CheckOutcome.DRIFT)
        case ConditionStatus.FALSE:
            return CheckResult(member, CheckOutcome.AS_CONFIGURED, status.current_config)
    if condition is None:
        message = f"the status has no condition {names.DRIFTED}"
        return CheckResult(member, CheckOutcome.UNKNOWN, message)
    unreachable = condition.reason == _UNREACHABLE
    outcome = CheckOutcome.UNREACHABLE if unreachable else CheckOutcome.UNKNOWN
    return CheckResult(member, outcome, condition.message)


def _in_update(member: Member) -> CheckResult:
    status = member.node.status
    if status.state is NodeState.DEGRADED:
        return CheckResult(member, CheckOutcome.FAILED, status.reason)
    phase = f"in phase {status.phase or 'start'}"
    message = f"{phase}: {status.reason}" if status.reason else phase
    return CheckResult(member, CheckOutcome.IN_UPDATE, message)


def all_as_configured(results: Iterable[CheckResult]) -> bool:
    """Return whether every node matches its config."""
    return all(result.outcome is CheckOutcome.AS_CONFIGURED for result in results)
