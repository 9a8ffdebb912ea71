"""A node that an administrator has cordoned is left alone."""

from controller.planning.node import Node
from controller.planning.rollout.decision import Wait
from controller.planning.rollout.view import PoolView


def administrators_cordon(node: Node, _view: PoolView) -> Wait | None:
    """Wait until the administrator uncordons the node; an update under way is finished."""
    cordoned = node.unschedulable and not node.cordoned_by_controller
    return Wait("cordoned by an administrator") if cordoned and not node.in_update else None
