"""What a recovery does, and what came of it, as people are shown it; pure."""

from collections.abc import Iterable, Iterator, Sequence

from controller.cli.kubectl_mc.comparison.pool_diff import disruption_lines
from controller.cli.kubectl_mc.rollout.recovery_plan import Recovery
from controller.cli.kubectl_mc.terminal.console import Line, table
from controller.planning.node import Node


def lines(of: Recovery) -> Iterator[Line]:
    """What is going to be done with one node."""
    status = of.node.status
    before = status.current_config or "no config"
    what = "is applied again" if of.again else f"is applied; it is on {before}"
    yield [(f"node {of.node.name}", "bold"), f", in pool {of.pool}: {of.config} {what}"]
    for each in status.drift:
        yield [f"  puts right: {each.path} ({each.kind})"]
    if not status.drift and of.again:
        yield ["  no drift is known: what differs is found on the node"]
    if status.last_failure:
        yield [f"  failed before: {status.reason}"]
    yield from disruption_lines(of.disruption)
    if not of.complete:
        yield ["    besides what else differs on the node, which is not known here"]
    yield [f"  {of.turn}"]
    for obstacle in of.obstacles:
        yield ["  ", ("first", "bold yellow"), f": {obstacle.remedy} ({obstacle.reason})"]


def question(of: Iterable[Recovery]) -> str:
    """What a person is asked."""
    return f"Go on with {', '.join(each.node.name for each in of)}?"


def asked(of: Sequence[Recovery]) -> Iterator[Line]:
    """What follows once it is asked for."""
    for each in of:
        if each.obstacles:
            first = " and ".join(obstacle.remedy for obstacle in each.obstacles)
            yield [f"asked; nothing is done with {each.node.name} before: {first}"]
    if going := [each.node.name for each in of if not each.obstacles]:
        yield [f"asked; `kubectl mc status {' '.join(going)} --watch` shows how far it is"]


def progress(node: Node) -> str:
    """Where the node is now, in a line that is worth saying again only when it changes."""
    status = node.status
    words = " ".join(filter(None, (status.state or "new", status.phase)))
    return f"{node.name}: {words}" + (f": {status.reason}" if status.reason else "")


def outcome(nodes: Iterable[Node], width: int | None) -> list[Line]:
    """How it ended, in a table no wider than `width`."""
    rows = [
        (each.name, each.status.state or "-", each.status.current_config, each.status.reason)
        for each in nodes
    ]
    return table(("NODE", "STATE", "CONFIG", "REASON"), rows, width)
