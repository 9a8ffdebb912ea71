"""The nodes that come next, once those before them make room: a forecast of `kubectl mc`.

A node is upcoming if it would get a step were it alone in its pool and were all waits for time
over. It then waits only for other nodes or for time, and no user has to act.
"""

from datetime import datetime
from typing import Final

from controller.planning.controller_state import ControllerState
from controller.planning.node import Node
from controller.planning.pool_plan import PoolPlan
from controller.planning.rollout.decide import decide
from controller.planning.rollout.decision import Decision, Step
from controller.planning.rollout.view import Context

_MAX_WAITS: Final = 10  # of one node for time, one after the other


def upcoming(of: PoolPlan, controller: ControllerState, now: datetime) -> tuple[Decision, ...]:
    """Return the next decisions for the nodes that wait, in the order in which they come."""
    nodes = {node.name: node for node in of.members}
    waiting = [
        nodes[decision.node]
        for decision in of.decisions
        if decision.step is Step.NONE
        and not decision.needs_user
        and decision.node not in controller.runs.under_way
    ]
    # First nodes in an update, then the others, abandoned drains last.
    ordered = sorted(waiting, key=lambda node: (node.drain_abandoned, not node.in_update))
    alone = (_alone(node, of, now) for node in ordered if of.target)
    return tuple(decision for decision in alone if decision.step is not Step.NONE)


def _alone(node: Node, of: PoolPlan, now: datetime) -> Decision:
    """Return the decision for the node alone, when no gate waits for time any more."""
    for _ in range(_MAX_WAITS):
        [decision] = decide(of.pool, (node,), of.target, Context(ControllerState.unknown(), now))
        if decision.until is None:
            break
        now = decision.until
    return decision
