"""No more nodes of a pool are out of service than maxUnavailable allows."""

from controller.planning.node import Node
from controller.planning.rollout.decision import Wait
from controller.planning.rollout.view import PoolView


def free_slot(node: Node, view: PoolView) -> Wait | None:
    """Wait for a slot."""
    if view.budget.admits(node.name):
        return None
    return Wait(view.budget.reason_to_wait(node.name))
