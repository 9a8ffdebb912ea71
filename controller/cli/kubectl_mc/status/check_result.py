"""What a check has found on a node, as far as the controller has said it; pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from controller.api import names
from controller.api.machine_config_node import NodeState
from controller.api.meta import ConditionStatus
from controller.cli.kubectl_mc.status.overview import Member, drift_condition


class Found(StrEnum):
    """How a node was found, in a word that programs read."""

    AS_CONFIGURED = "AsConfigured"
    DRIFT = "Drift"
    UNREACHABLE = "Unreachable"
    UNKNOWN = "Unknown"
    IN_UPDATE = "InUpdate"
    FAILED = "Failed"
    HELD = "Held"
    UNMANAGED = "Unmanaged"
    ASKED = "Asked"
    NO_ANSWER = "NoAnswer"
    GONE = "Gone"


@dataclass(frozen=True)
class Finding:
    """One node, how it was found, and what there is to say of that."""

    member: Member
    found: Found
    message: str = ""


_UNREACHABLE: Final = "Unreachable"


def beforehand(member: Member) -> Finding | None:
    """What is said of a node that the controller does not check; None of one that it does."""
    if member.node.held:
        message = f"an administrator holds it: no check until the annotation {names.HOLD} goes"
        return Finding(member, Found.HELD, message)
    if not member.node.runs_linux:
        return Finding(member, Found.UNMANAGED, "it does not run Linux")
    if not member.pool and member.node.status.state is None:
        return Finding(member, Found.UNMANAGED, "it is in no pool")
    return None


def answered(member: Member) -> Finding:
    """What the controller's answer says."""
    status = member.node.status
    if member.node.in_update or status.state is None:
        return _in_update(member)
    condition = drift_condition(status)
    match condition.status if condition else None:
        case ConditionStatus.TRUE:
            return Finding(member, Found.DRIFT)
        case ConditionStatus.FALSE:
            return Finding(member, Found.AS_CONFIGURED, status.current_config)
    if condition is None:
        return Finding(member, Found.UNKNOWN, "the controller says nothing of its drift")
    found = Found.UNREACHABLE if condition.reason == _UNREACHABLE else Found.UNKNOWN
    return Finding(member, found, condition.message)


def _in_update(member: Member) -> Finding:
    status = member.node.status
    if status.state is NodeState.DEGRADED:
        return Finding(member, Found.FAILED, status.reason)
    phase = f"in phase {status.phase or 'start'}"
    return Finding(member, Found.IN_UPDATE, f"{phase}: {status.reason}" if status.reason else phase)


def all_well(findings: Iterable[Finding]) -> bool:
    """Whether every node is proven to be as its config says."""
    return all(each.found is Found.AS_CONFIGURED for each in findings)
