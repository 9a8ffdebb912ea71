"""Everything that is known of one node, as text; pure."""

from collections.abc import Iterator
from datetime import datetime

from controller.api.machine_config_node import (
    Blocker,
    BlockReason,
    Failure,
    MachineConfigNodeStatus,
    NodeState,
)
from controller.cli.kubectl_mc.status.overview import Member, drift_unknown
from controller.cli.kubectl_mc.status.overview_json import node_document
from controller.cli.kubectl_mc.terminal.durations import age
from controller.cli.kubectl_mc.terminal.entries import Entry
from controller.planning.node import Node


def node_details(member: Member, now: datetime) -> Entry:
    """Return the details of a node."""
    name = member.node.name
    title = ((f"node {name}", "bold"), f", {member.pool_phrase()}")
    facts = ((f"  {label}: ", value) for label, value in _facts(member.node, now) if value)
    return Entry(f"details {name}", node_document(member), (title, *facts), f"node {name} is gone")


def config_transition(status: MachineConfigNodeStatus) -> str:
    """Return the current config, and the desired one if it differs."""
    current, desired = status.current_config, status.desired_config
    return current if current == desired else f"{current or 'nothing'} -> {desired}"


def _facts(node: Node, now: datetime) -> Iterator[tuple[str, str]]:
    status = node.status
    # A status of an earlier version has one time, for the state or for the phase in it.
    in_state = status.state_since or (None if status.phase else status.phase_since)
    yield "state", f"{status.state or 'new to the controller'}{_for(in_state, now)}"
    if status.phase:
        in_phase = status.since if status.state is NodeState.WORKING else status.phase_since
        yield "phase", f"{status.phase}{_for(in_phase, now)}"
    yield "config", config_transition(status)
    yield "reason", status.reason
    for blocker in status.blocked_by:
        yield "blocked by", _blocker(blocker)
        yield "  remedy", blocker.remedy
    yield from (("drift", f"{finding.path} ({finding.kind})") for finding in status.drift)
    for original in status.unreturned:
        yield "not restored", f"{original.name}: {original.cause}"
        yield "  remedy", original.remedy
    yield "drift unknown", drift_unknown(status)
    if status.last_failure:
        yield from _failure(status.last_failure, now)
    yield "Node", _node_conditions(node)
    yield "held", "by an administrator: no update, no check" if node.held else ""
    yield "boot ID", status.boot_id or ""


def _for(since: datetime | None, now: datetime) -> str:
    return f" for {age(now - since)}" if since else ""


def _blocker(blocker: Blocker) -> str:
    reason, budget = blocker.reason or "", blocker.pod_disruption_budget
    cause = (
        f"PodDisruptionBudget {budget}"
        if budget and reason in {"", BlockReason.POD_DISRUPTION_BUDGET}
        else reason
    )
    shown = f"{blocker.pod} ({cause})" if cause else blocker.pod
    return f"{shown}: {blocker.message}" if blocker.message else shown


def _failure(failure: Failure, now: datetime) -> Iterator[tuple[str, str]]:
    when = f"{age(now - failure.time)} ago"
    yield "last failure", f"{failure.phase} of {failure.config}, {when}: {failure.cause}"
    yield "remedy", failure.remedy


def _node_conditions(node: Node) -> str:
    conditions = ["Ready" if node.ready else "not Ready"]
    conditions += ["under pressure"] if node.pressured else []
    if node.unschedulable:
        by = "the controller" if node.cordoned_by_controller else "an administrator"
        conditions.append(f"cordoned by {by}")
    return ", ".join(conditions)
