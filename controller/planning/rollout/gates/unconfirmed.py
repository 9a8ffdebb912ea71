"""A config that a node rolled back, because nobody confirmed it, is applied again after a pause.

The first time at once: mostly the controller was restarted, and the node is drained already. Then
the pauses grow as those after failures do, for each time may cost two reboots.
"""

from datetime import datetime

from controller.planning.node import Node
from controller.planning.rollout.decision import Wait
from controller.planning.rollout.gates.backoff import pause
from controller.planning.rollout.view import Context, PoolView


def unconfirmed_config(node: Node, view: PoolView) -> Wait | None:
    """Wait until the config is due again; a person's request does not wait."""
    config = node.status.desired_config if node.in_update else view.target
    until = due_again(node, config, view.context)
    if until is None or node.recover_requested:
        return None
    times = found.count if (found := node.status.unconfirmed) else 0
    reason = f"the node has rolled it back {times} times, since no run confirmed it"
    return Wait(f"{config} is applied again at {until:%H:%M:%S}: {reason}", until)


def due_again(node: Node, config: str, context: Context) -> datetime | None:
    """Return the later time at which the config is due again on the node; None if it is due."""
    found = node.status.unconfirmed
    if found is None or found.locked_out or found.config != config or found.count == 1:
        return None
    until = found.time + pause(found.count - 1, context)
    return until if context.now < until else None
