"""The rules for a node in an update: it is finished, restarted, or given another target."""

from controller.api.machine_config_node import NodeState
from controller.planning.node import Node
from controller.planning.rollout import gates
from controller.planning.rollout.budget import tried_in_vain
from controller.planning.rollout.decision import Decision, Step, Turn
from controller.planning.rollout.gates.backoff import backoff
from controller.planning.rollout.gates.unconfirmed import due_again
from controller.planning.rollout.view import PoolView


def watch_run(node: Node, view: PoolView) -> Decision:
    """Let a run finish that has begun to apply; one that drains ends with its target."""
    config, desired = _next_config(node, view), node.status.desired_config
    if node.status.applied or not node.in_update:
        return in_phase(node)
    if config != desired:
        return Decision(node.name, Step.CANCEL, _change(node, config, view), config)
    if view.paused and node.undisturbed:
        # Nothing on the node was disturbed yet, and it has no other config to return to: a new
        # node, or the retry of a failed one.
        return Decision(node.name, Step.CANCEL, "pool is paused", config)
    if node.name in view.context.controller.runs.outdated:
        reason = "the MachineConfiguration has changed: the update restarts"
        return Decision(node.name, Step.CANCEL, reason, config)
    return in_phase(node)


def change_target(node: Node, view: PoolView) -> Decision | None:
    """Give the node another target, or the same one again where `recover` was requested."""
    config = _next_config(node, view)
    again = node.recover_requested and _is_stuck(node, view)
    if config == node.status.desired_config and not again:
        return None
    if not view.budget.holds(node.name) and (wait := gates.to_take_down(node, view)):
        return Decision.of_wait(node.name, wait)
    return Decision(node.name, Step.TARGET, _change(node, config, view), config)


def resume(node: Node, view: PoolView) -> Decision:
    """Start the next run of the update."""
    if wait := gates.to_start(node, view):
        return Decision.of_wait(node.name, wait)
    reason = "retry" if node.status.state is NodeState.DEGRADED else "update continues"
    return Decision(node.name, Step.RUN, reason, node.status.desired_config, turn=_turn(node, view))


def in_phase(node: Node) -> Decision:
    """Leave the run alone."""
    phase = node.status.phase
    return Decision.none(node.name, f"in phase {phase}" if phase else "the run has started")


def fallback_config(node: Node, missing: frozenset[str]) -> str:
    """Return the current config where an update can still be cancelled, else the desired one."""
    status = node.status
    draining = status.state is NodeState.WORKING or node.cordoned_by_controller
    if status.applied or not draining or status.current_config in {"", *missing}:
        return status.desired_config
    return status.current_config


def _next_config(node: Node, view: PoolView) -> str:
    """Return the next desired config: between two runs the newest one, whatever was applied.

    An update that was interrupted may never finish, and a newer config is the way out. The next run
    finds what was applied in the node's record, and reboots once for both.
    """
    if not view.target:
        return node.status.desired_config
    if view.paused:
        return fallback_config(node, view.context.missing)
    return node.status.current_config if _waits_on_current(node, view) else view.target


def _turn(node: Node, view: PoolView) -> Turn:
    if tried_in_vain(node, view.context.controller.runs):
        return Turn.TRIED_IN_VAIN
    return Turn.DOWN if node.name in view.budget.down else Turn.ORDINARY


def _waits_on_current(node: Node, view: PoolView) -> bool:
    """Whether the node returns to its current config until the target is due again there.

    One that was to be healed has none that works, and waits as it is.
    """
    status, missing = node.status, view.context.missing
    waits = due_again(node, view.target, view.context) and not node.recover_requested
    returns = not status.between_configs and status.current_config not in {"", *missing}
    return bool(waits) and returns and status.state is NodeState.WORKING


def _is_stuck(node: Node, view: PoolView) -> bool:
    """Whether nothing is done for the node now unless a person requests it."""
    due = due_again(node, node.status.desired_config, view.context)
    waits = due is not None or backoff(node, view.context) is not None
    return node.status.state is NodeState.DEGRADED or waits


def _change(node: Node, config: str, view: PoolView) -> str:
    desired = node.status.desired_config
    change = f"{config} replaces {desired}" if config != desired else f"{config} is applied again"
    return f"pool is paused: {change}" if view.paused else change
