"""The controller's own node goes out of service after another replica has become the leader."""

from controller.planning.node import Node
from controller.planning.rollout.decision import Step, Wait
from controller.planning.rollout.view import PoolView


def controllers_own_node(node: Node, view: PoolView) -> Wait | None:
    """Step down first, if there is a standby on another node."""
    standby = view.context.controller.identity.standby_node
    if not view.context.runs_on(node) or not standby:
        return None
    return Wait(
        f"runs the controller: another replica (on {standby}) takes over first", step=Step.HAND_OVER
    )
