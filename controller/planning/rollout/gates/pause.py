"""A paused pool begins no update; one that has begun is finished."""

from controller.planning.node import Node
from controller.planning.rollout.decision import Wait
from controller.planning.rollout.view import PoolView


def paused_pool(node: Node, view: PoolView) -> Wait | None:
    """Wait while the pool is paused."""
    begins = not node.in_update or node.undisturbed
    return Wait("pool is paused") if view.paused and begins else None
