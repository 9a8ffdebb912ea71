"""Everything that is known of one node, as people are shown it; pure."""

from collections.abc import Iterator
from datetime import datetime

from controller.api.machine_config_node import (
    Blocker,
    BlockReason,
    Failure,
    MachineConfigNodeStatus,
)
from controller.cli.kubectl_mc.status.overview import Member, drift_unknown
from controller.cli.kubectl_mc.status.overview_json import node_document
from controller.cli.kubectl_mc.terminal.age import age
from controller.cli.kubectl_mc.terminal.entries import Entry
from controller.planning.node import Node


def page(member: Member, now: datetime) -> Entry:
    """The node's page."""
    name = member.node.name
    where = f"in pool {member.pool}" if member.pool else "in no pool"
    title = ((f"node {name}", "bold"), f", {where}")
    facts = ((f"  {word}: ", value) for word, value in _facts(member.node, now) if value)
    return Entry(f"page {name}", node_document(member), (title, *facts), f"node {name} is gone")


def config(status: MachineConfigNodeStatus) -> str:
    """What the node is on, and what it goes to."""
    current, desired = status.current_config, status.desired_config
    return current if current == desired else f"{current or 'nothing'} -> {desired}"


def _facts(node: Node, now: datetime) -> Iterator[tuple[str, str]]:
    status = node.status
    since = f" for {age(now - status.phase_since)}" if status.phase_since else ""
    # In an update the time is that of its phase, else that of the state.
    if status.phase:
        yield "state", status.state or ""
        yield "phase", f"{status.phase}{since}"
    else:
        yield "state", f"{status.state or 'new to the controller'}{since}"
    yield "config", config(status)
    yield "reason", status.reason
    for each in status.blocked_by:
        yield "blocked by", _blocker(each)
        yield "  remedy", each.remedy
    yield from (("drift", f"{each.path} ({each.kind})") for each in status.drift)
    for kept in status.unreturned:
        yield "not given back", f"{kept.name}: {kept.cause}"
        yield "  remedy", kept.remedy
    yield "not known whether it has drifted", drift_unknown(status)
    if status.last_failure:
        yield from _failure(status.last_failure, now)
    yield "Node", _as_kubernetes_sees_it(node)
    yield "held", "by an administrator: no update, no check" if node.held else ""
    yield "boot ID", status.boot_id or ""


def _blocker(blocker: Blocker) -> str:
    reason, budget = blocker.reason or "", blocker.pod_disruption_budget
    named = (
        f"PodDisruptionBudget {budget}"
        if budget and reason in {"", BlockReason.POD_DISRUPTION_BUDGET}
        else reason
    )
    shown = f"{blocker.pod} ({named})" if named else blocker.pod
    return f"{shown}: {blocker.message}" if blocker.message else shown


def _failure(failure: Failure, now: datetime) -> Iterator[tuple[str, str]]:
    when = f"{age(now - failure.time)} ago"
    yield "last failure", f"{failure.phase} of {failure.config}, {when}: {failure.cause}"
    yield "remedy", failure.remedy


def _as_kubernetes_sees_it(node: Node) -> str:
    words = ["Ready" if node.ready else "not Ready"]
    words += ["under pressure"] if node.pressured else []
    if node.unschedulable:
        words += [
            "cordoned by the controller"
            if node.cordoned_by_controller
            else "cordoned by an administrator"
        ]
    return ", ".join(words)
