"""No healthy node gets a config that another node has not survived."""

from controller.planning.node import Node
from controller.planning.rollout.decision import Wait
from controller.planning.rollout.view import PoolView
from controller.planning.texts import summarize_names


def no_casualties(node: Node, view: PoolView) -> Wait | None:
    """Wait while a node is down that was Ready before it got the target, however many slots.

    A node that is down itself is updated all the same.
    """
    if not view.casualties or node.name in view.budget.down:
        return None
    names = summarize_names(view.casualties)
    return Wait(
        f"waits for {names}: not Ready since {view.target} was applied"
        " (repair it, change the MachineConfig, or hold it to let the others go on)"
    )
