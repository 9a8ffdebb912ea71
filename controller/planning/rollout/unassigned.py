"""The rules for a node that belongs to no pool: a started update is finished, and none begins."""

from controller.planning.node import Node
from controller.planning.rollout import settled, update
from controller.planning.rollout.decision import Decision, Step
from controller.planning.rollout.gates.backoff import backoff
from controller.planning.rollout.view import Context


def decide_unassigned(node: Node, context: Context) -> Decision:
    """Apply the rules in order; the first that holds decides."""
    config = update.fallback_config(node, context.missing)
    if context.has_run(node):
        return _watch_run(node, config)
    return settled.untaint(node) or _leave_pool(node) or _finish(node, config, context)


def _watch_run(node: Node, config: str) -> Decision:
    if node.in_update and config != node.status.desired_config:
        return Decision(node.name, Step.CANCEL, _change(node, config), config)
    if node.in_update and node.undisturbed:
        # A new node, which has no config to return to.
        return Decision(node.name, Step.CANCEL, "in no pool", config)
    return update.in_phase(node)


def _leave_pool(node: Node) -> Decision | None:
    if node.settled and node.status.pool:
        return Decision(node.name, Step.RECORD, "left its pool", node.status.current_config)
    return None


def _finish(node: Node, config: str, context: Context) -> Decision:
    changes = config != node.status.desired_config
    begun = node.in_update or node.cordoned_by_controller
    if node.held or not begun or (not changes and node.undisturbed):
        return Decision.none(node.name, "in no pool")
    if config in context.missing:
        reason = f"in no pool, and {config} no longer exists (assign the node to a pool)"
        return Decision.none(node.name, reason)
    if changes:
        return Decision(node.name, Step.TARGET, _change(node, config), config)
    if wait := backoff(node, context):
        return Decision.of_wait(node.name, wait)
    return Decision(node.name, Step.RUN, "in no pool: its update is finished", config)


def _change(node: Node, config: str) -> str:
    return f"in no pool: {config} replaces {node.status.desired_config}"
