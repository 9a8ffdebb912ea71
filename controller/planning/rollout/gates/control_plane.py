"""A control plane node goes out of service only while all others are healthy."""

from controller.planning.node import Node
from controller.planning.rollout.decision import Wait
from controller.planning.rollout.view import PoolView


def control_plane_health(node: Node, view: PoolView) -> Wait | None:
    """Wait for the other control plane nodes and their static pods."""
    others = (member for member in view.members if member.name != node.name)
    for other in others if view.is_control_plane else ():
        if view.is_changing(other):
            return Wait(f"waits for {other.name}: one control plane node is updated at a time")
        if not other.ready or other.pressured:
            return Wait(f"waits for {other.name}: control plane node is not healthy")
        if other.failing_pods:
            return Wait(f"waits for {other.name}: {', '.join(other.failing_pods)} not ready")
    return None
