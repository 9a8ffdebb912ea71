"""A control plane node goes out of service only while all others are there and healthy.

Unlike the other gates this one also holds back a node that is down: its etcd may be up, and may be
needed for the quorum. From the apply on the update is finished.
"""

from controller.planning.control_plane.quorum import doubt
from controller.planning.node import Node
from controller.planning.rollout.decision import Wait
from controller.planning.rollout.view import PoolView


def control_plane_health(node: Node, view: PoolView) -> Wait | None:
    """Wait for the other control plane nodes, unless a user takes the risk."""
    if not view.is_control_plane or not _may_reboot(node):
        return None
    changing = (other.name for other in _others(node, view) if view.is_changing(other))
    if other := next(changing, None):
        return Wait(f"waits for {other}: one control plane node is updated at a time")
    if node.may_risk_quorum:
        return None
    found = doubt(node, view.members, view.pool, view.context.control_plane)
    return Wait(found.reason, needs_user=found.needs_user) if found else None


def takes_risk(node: Node, view: PoolView) -> bool:
    """Whether a user lets a control plane node begin whatever the others are."""
    asked = view.is_control_plane and node.may_risk_quorum
    return asked and not any(map(view.is_changing, _others(node, view)))


def _others(node: Node, view: PoolView) -> list[Node]:
    return [member for member in view.members if member.name != node.name]


def _may_reboot(node: Node) -> bool:
    """Whether the next run may reboot the node: it neither finishes nor returns."""
    status = node.status
    returns = node.in_update and status.desired_config == status.current_config
    return not status.applied and (not returns or status.unproven or status.again)
