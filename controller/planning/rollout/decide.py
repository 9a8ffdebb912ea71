"""Decide which nodes of a pool are updated now, and give the reason for every node.

Nodes that are down anyway come first, and take no further slot. The others take the slots that
maxUnavailable leaves oldest first, and the controller's own node last. A node with a desired config
keeps its slot until it is Done. A node that failed on a config that is not the target any more has
no slot, and comes before the healthy ones; a node in service that could not be reached, or whose
drain was abandoned, comes after them, since the next run may end in the same way.
"""

from collections.abc import Sequence

from controller.api.machine_config_pool import MachineConfigPool
from controller.planning.node import Node
from controller.planning.rollout import settled, update
from controller.planning.rollout.budget import gives_way
from controller.planning.rollout.decision import Decision, Step
from controller.planning.rollout.view import Context, PoolView


def decide(
    pool: MachineConfigPool, members: Sequence[Node], target: str, context: Context
) -> tuple[Decision, ...]:
    """Return one decision for each member, in rollout order; `members` are given oldest first.

    `target` is the rendered config that the nodes should run, empty where the pool never had one.
    This pass creates it if it does not exist.
    """
    view = PoolView.of(pool, members, target, context)
    decided: dict[str, Decision] = {}
    for node in sorted(view.members, key=lambda node: _rank(node, view)):
        decision = _decide(node, view)
        if decision.step in {Step.TARGET, Step.RUN}:
            view.budget.take(node.name)
        decided[node.name] = decision
    return tuple(decided[node.name] for node in view.members)


def _rank(node: Node, view: PoolView) -> int:
    """Rank nodes that are down first, then those with a slot, failed, healthy, and tried ones."""
    if node.name in view.budget.down:
        return 0
    if node.name in view.budget.reserved:
        return 1
    if gives_way(node, view.context.controller.runs):
        return 4
    return 2 if node.in_update else 3


def _decide(node: Node, view: PoolView) -> Decision:
    """Apply the rules in order; the first that holds decides."""
    if view.context.has_run(node):
        return update.watch_run(node, view)
    if node.held:
        return Decision.none(node.name, "held by an administrator")
    if node.in_update:
        return update.change_target(node, view) or update.resume(node, view)
    return (
        settled.untaint(node)
        or settled.without_target(node, view)
        or settled.record(node, view)
        or settled.up_to_date(node, view)
        or settled.drifted(node, view)
        or settled.begin_update(node, view)
    )
