"""A node that has just become not Ready is given time to come back by itself."""

from datetime import timedelta
from typing import Final

from controller.planning.node import Node
from controller.planning.rollout.decision import Wait
from controller.planning.rollout.view import PoolView

# It may be booting, or joining the cluster.
_COMES_BACK: Final = timedelta(minutes=1)


def node_readiness(node: Node, view: PoolView) -> Wait | None:
    """Wait for a moment; a node that stays down is updated, since the target may be the remedy."""
    if node.ready or node.in_update or node.reapply_requested:
        return None
    since, now = node.unready_since or node.created, view.context.now
    until = since + _COMES_BACK
    # The clock of a kubelet may be wrong.
    if now >= until or since > now + _COMES_BACK:
        return None
    return Wait(f"not Ready: is updated at {until:%H:%M:%S} unless it comes back before", until)
