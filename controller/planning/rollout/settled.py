"""The rules for a node that is not in an update, in the order in which they are applied."""

from controller.api.machine_config_node import NodeState
from controller.planning.node import Node
from controller.planning.rollout import gates
from controller.planning.rollout.decision import Decision, Step
from controller.planning.rollout.view import PoolView
from controller.rendering.naming import pool_of, same_effect


def untaint(node: Node) -> Decision | None:
    """Remove the taint of a new node that runs its first config."""
    if node.tainted and node.settled_on(node.status.current_config):
        return Decision(node.name, Step.UNTAINT, "is up to date and can run pods")
    return None


def without_target(node: Node, view: PoolView) -> Decision | None:
    """Leave the nodes of a pool alone that was never rendered."""
    return None if view.target else Decision.none(node.name, "the pool has no rendered config yet")


def record(node: Node, view: PoolView) -> Decision | None:
    """Update the status of a node on which nothing changes."""
    return _record_name(node, view) or _rebuild_status(node, view)


def up_to_date(node: Node, view: PoolView) -> Decision | None:
    """Leave a node alone that runs the target."""
    begins = node.cordoned_by_controller or node.reapply_requested
    if node.settled_on(view.target) and not begins:
        return Decision.none(node.name, "up to date")
    return None


def drifted(node: Node, view: PoolView) -> Decision | None:
    """Never overwrite drift, unless the disk already matches the target or a user requests it."""
    matches_target = view.context.controller.matches.get(node.uid) == view.target
    if node.drifted and not node.reapply_requested and not matches_target:
        return Decision.none(node.name, f"Degraded: {node.status.reason}")
    return None


def begin_update(node: Node, view: PoolView) -> Decision:
    """Make the target the node's desired config, as soon as all gates let it pass."""
    if wait := gates.to_start(node, view):
        return Decision.of_wait(node.name, wait)
    return Decision(node.name, Step.TARGET, _reason_to_begin(node, view.target), view.target)


def _reason_to_begin(node: Node, target: str) -> str:
    current = node.status.current_config
    if node.reapply_requested:
        by = "the force file" if node.forced else "recover"
        return f"{target} is applied again: requested by {by}"
    if current == target:
        return "still cordoned by the controller"
    return f"update from {current} to {target}" if current else f"new node: {target} is applied"


def _record_name(node: Node, view: PoolView) -> Decision | None:
    """Record another pool, or another name of the config that the node runs already."""
    current, target, pool = node.status.current_config, view.target, view.pool.name
    if node.status.state is not NodeState.DONE:
        return None
    if current != target and same_effect(current, target):
        reason = f"{target} has the same effect as {current}"
        return Decision(node.name, Step.RECORD, reason, target)
    if current == target and node.status.pool != pool:
        return Decision(node.name, Step.RECORD, f"moved to pool {pool}", target)
    return None


def _rebuild_status(node: Node, view: PoolView) -> Decision | None:
    """Rebuild a lost status from the Node's annotations, so that a check can confirm it.

    A kubelet may write them, and the config named there is sent to the node for the check: so it
    has to be one of the node's own pool.
    """
    config = node.annotated_config
    if not config or config in view.context.missing or pool_of(config) != view.pool.name:
        return None
    reason = f"its MachineConfigNode was lost: {config} is taken from the annotations, and checked"
    return Decision(node.name, Step.RECORD, reason, config)
