"""Which nodes come next, once those before them make room.

A node comes by itself if it would be taken were it alone in its pool, and nothing had just failed
there: then it waits for others or for time, and nobody has to do anything for it.
"""

from datetime import datetime

from controller.planning.controller_state import ControllerState
from controller.planning.node import Node
from controller.planning.plan import PoolPlan
from controller.planning.rollout.decide import Decision, Step, rollout


def upcoming(of: PoolPlan, controller: ControllerState, now: datetime) -> tuple[Decision, ...]:
    """What is done next for the nodes that wait, in the order in which they come."""
    nodes = {node.name: node for node in of.members}
    waiting = [
        nodes[each.node]
        for each in of.decisions
        if each.step is Step.NONE and each.node not in controller.runs.under_way
    ]
    # Those that hold a slot go on before others are given one, the broken are healed first, and
    # those that were given back come last.
    ordered = sorted(waiting, key=lambda node: (node.drain_abandoned, not node.in_update))
    alone = (_alone(node, of, now) for node in ordered if of.target)
    return tuple(each for each in alone if each.step is not Step.NONE)


def _alone(node: Node, of: PoolPlan, now: datetime) -> Decision:
    [decision] = rollout(of.pool, (node,), of.target, ControllerState.unknown(), now)
    return decision
