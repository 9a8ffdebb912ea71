"""An update begins only on a node that is Ready."""

from controller.planning.node import Node
from controller.planning.rollout.decision import Wait
from controller.planning.rollout.view import PoolView


def node_readiness(node: Node, _view: PoolView) -> Wait | None:
    """Wait until the node is Ready; an update under way is finished."""
    return None if node.ready or node.in_update else Wait("not Ready")
