"""After a failure the retry waits, longer each time in a row."""

from datetime import datetime, timedelta
from typing import Final

from controller.planning.node import Node
from controller.planning.rollout.decision import Wait
from controller.planning.rollout.view import Context, PoolView

# Multiples of the back-off after the first failure, by the number of failures in a row.
_FACTORS: Final = (1, 2, 4, 8, 12)


def node_backoff(node: Node, view: PoolView) -> Wait | None:
    """Wait until the retry is due."""
    return backoff(node, view.context)


def backoff(node: Node, context: Context) -> Wait | None:
    """Return the same wait for a node without a pool."""
    until = _not_before(node, context)
    if until is None or context.now >= until:
        return None
    cause = node.status.reason or "its desired config could not be written"
    return Wait(f"retry at {until:%H:%M:%S}: {cause}", until)


def _not_before(node: Node, context: Context) -> datetime | None:
    """Return when the retry is due, also after a failure under another leader."""
    controller, failure = context.controller, node.status.last_failure
    due = controller.runs.not_before.get(node.name)
    times = [due] if due else []
    if failure and failure.config == node.status.desired_config:
        times.append(failure.time + pause(failure.count, context))
    return max(times, default=None)


def pause(count: int, context: Context) -> timedelta:
    """Return the pause after so many failures in a row."""
    return context.controller.limits.failure_backoff * _FACTORS[:count][-1]
