"""Where most nodes of a pool are not Ready at once, few of them are tried at a time.

The cause is hardly on each of them: their network to the API server may be away, and their pods may
run on. So maxUnavailable limits the runs. A run that has ended, whatever its result, makes room for
the next one, so that a node which cannot be repaired does not keep the others from their config.
"""

from typing import Final

from controller.planning.node import Node
from controller.planning.rollout.decision import Wait
from controller.planning.rollout.view import PoolView
from controller.planning.texts import summarize_names

_MANY: Final = 3  # nodes; fewer are down together by chance


def common_outage(node: Node, view: PoolView) -> Wait | None:
    """Wait for the nodes that are tried now; a user's request does not wait."""
    lost, size = len(view.lost), len(view.members)
    if lost < _MANY or 2 * lost <= size or node.name not in view.lost or node.reapply_requested:
        return None
    tried = view.tried | view.budget.taken
    if len(tried) < view.budget.limit:
        return None
    return Wait(
        f"waits for {summarize_names(tried)}: {lost} of {size} nodes are not Ready,"
        " which may have one cause outside of them"
    )
