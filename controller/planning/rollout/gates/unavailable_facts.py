"""A node stays in service while the facts are unavailable that the other gates need."""

from controller.planning.node import Node
from controller.planning.rollout.decision import Wait
from controller.planning.rollout.view import PoolView
from controller.planning.snapshot import Part


def unavailable_facts(node: Node, view: PoolView) -> Wait | None:
    """Wait until the parts of the cluster can be listed again."""
    needed = {
        Part.CONTROL_PLANE: view.is_control_plane,
        Part.API_SERVERS: view.is_control_plane,
        # Another replica may exist, and has to lead first.
        Part.CONTROLLERS: view.context.runs_on(node),
    }
    for part, why in view.context.unavailable.items():
        if needed.get(part):
            return Wait(f"{part} cannot be listed: {why}")
    return None
