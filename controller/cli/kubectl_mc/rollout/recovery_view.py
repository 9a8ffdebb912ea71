"""A recovery and its outcome as text; pure."""

from collections.abc import Iterable, Iterator, Sequence

from controller.cli.kubectl_mc.comparison.pool_diff_view import disruption_lines
from controller.cli.kubectl_mc.rollout.recovery_plan import RecoveryPlan
from controller.cli.kubectl_mc.terminal.console import Line
from controller.cli.kubectl_mc.terminal.tables import table
from controller.planning.node import Node


def recovery_lines(recovery: RecoveryPlan) -> Iterator[Line]:
    """Yield what would be done on one node."""
    status = recovery.node.status
    current = status.current_config or "none"
    action = "is applied again" if recovery.is_repeat else f"is applied; current config: {current}"
    title = f", in pool {recovery.pool}: {recovery.config} {action}"
    yield [(f"node {recovery.node.name}", "bold"), title]
    for finding in status.drift:
        yield [f"  fixes: {finding.path} ({finding.kind})"]
    if not status.drift and recovery.is_repeat:
        yield ["  no drift is known: differences are found on the node"]
    if status.last_failure:
        yield [f"  last failure: {status.reason}"]
    yield from disruption_lines(recovery.disruption)
    if not recovery.is_complete:
        yield ["    more may differ on the node, which is not known here"]
    yield [f"  {recovery.timing}"]
    for prerequisite in recovery.prerequisites:
        yield ["  ", ("first", "bold yellow"), f": {prerequisite.remedy} ({prerequisite.reason})"]


def confirmation(recoveries: Iterable[RecoveryPlan]) -> str:
    """Return the question of the confirmation prompt."""
    return f"Recover {', '.join(recovery.node.name for recovery in recoveries)}?"


def requested_lines(recoveries: Sequence[RecoveryPlan]) -> Iterator[Line]:
    """Yield what follows a request."""
    for recovery in recoveries:
        if recovery.prerequisites:
            first = " and ".join(prerequisite.remedy for prerequisite in recovery.prerequisites)
            yield [f"requested; {recovery.node.name} waits until you run: {first}"]
    if ready := [each.node.name for each in recoveries if not each.prerequisites]:
        yield [f"requested; follow it with `kubectl mc status {' '.join(ready)} --watch`"]


def progress(node: Node) -> str:
    """Return the node's state and phase as a line, which is printed when it changes."""
    status = node.status
    state = " ".join(filter(None, (status.state or "new", status.phase)))
    return f"{node.name}: {state}" + (f": {status.reason}" if status.reason else "")


def outcome_table(nodes: Iterable[Node], width: int | None) -> list[Line]:
    """Return the nodes' states after a recovery, in a table of at most `width` columns."""
    rows = [
        (node.name, node.status.state or "-", node.status.current_config, node.status.reason)
        for node in nodes
    ]
    return table(("NODE", "STATE", "CONFIG", "REASON"), rows, width)
