"""A config that no longer exists cannot be applied."""

from controller.planning.node import Node
from controller.planning.rollout.decision import Wait
from controller.planning.rollout.view import PoolView


def missing_config(node: Node, view: PoolView) -> Wait | None:
    """Wait while the config of the node's update does not exist."""
    desired = node.status.desired_config
    if node.in_update and desired in view.context.missing:
        return Wait(f"{desired} no longer exists")
    return None
