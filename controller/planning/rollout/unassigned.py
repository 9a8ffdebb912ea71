"""The rules for a node that belongs to no pool: a started update is finished, and none begins."""

from controller.planning.node import Node
from controller.planning.rollout import settled, update
from controller.planning.rollout.decision import Decision, Step
from controller.planning.rollout.gates.backoff import backoff
from controller.planning.rollout.view import Context


def decide_unassigned(node: Node, context: Context) -> Decision:
    """Apply the rules in order; the first that holds decides."""
    wanted = update.config_before(node, context.missing)
    if context.has_run(node):
        return _watch_run(node, wanted)
    return settled.untaint(node) or _leave_pool(node) or _finish(node, wanted, context)


def _watch_run(node: Node, wanted: str) -> Decision:
    if node.in_update and wanted != node.status.desired_config:
        return Decision(node.name, Step.CANCEL, _change(node, wanted), wanted)
    return update.in_phase(node)


def _leave_pool(node: Node) -> Decision | None:
    if node.settled and node.status.pool:
        return Decision(node.name, Step.RECORD, "left its pool", node.status.current_config)
    return None


def _finish(node: Node, wanted: str, context: Context) -> Decision:
    changes = wanted != node.status.desired_config
    begun = node.in_update or node.cordoned_by_controller
    if node.held or not begun or (not changes and node.undisturbed):
        return Decision.none(node.name, "in no pool")
    if wanted in context.missing:
        reason = f"in no pool, and {wanted} no longer exists (assign the node to a pool)"
        return Decision.none(node.name, reason)
    if changes:
        return Decision(node.name, Step.TARGET, _change(node, wanted), wanted)
    if wait := backoff(node, context):
        return Decision.of_wait(node.name, wait)
    return Decision(node.name, Step.RUN, "in no pool: its update is finished", wanted)


def _change(node: Node, wanted: str) -> str:
    return f"in no pool: {wanted} replaces {node.status.desired_config}"
