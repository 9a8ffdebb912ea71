"""Which nodes are checked for drift now, and in which run; pure.

Each node is checked once an interval, at a time of its own, so that the checks of many are spread
over it. A node that comes back or has a request is checked at once. Nodes that did not answer are
checked apart from the others, which do not wait for them.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Final

from controller.planning.drift.node_check import Batch, NodeCheck, is_checked
from controller.planning.node import Node

_SHARE: Final = 20  # a run takes the nodes that are due within this part of the interval
_LEAST: Final = timedelta(seconds=10)  # of it, so that few nodes are checked together


def batches(
    nodes: Collection[Node], checks: Mapping[str, NodeCheck], interval: timedelta, now: datetime
) -> dict[Batch, tuple[Node, ...]]:
    """Return the nodes to check now; `checks` has one for each by its uid."""
    late = any(checks[node.uid].next_due <= now for node in nodes if is_checked(node))
    soon = now + max(interval / _SHARE, _LEAST) if late else now
    chosen: dict[Batch, list[Node]] = {}
    for node in nodes:
        check = checks[node.uid]
        if check.due(node, soon):
            chosen.setdefault(check.batch(node), []).append(node)
    return {batch: tuple(members) for batch, members in chosen.items()}
