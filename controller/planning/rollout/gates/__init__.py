"""The gates: each is a rule that can hold a node back, in a file of its own.

A gate looks at a node and its pool, and returns a Wait or None. A new one is a file here and a line
in one of the two tuples. That an administrator holds a node is no gate, but the first rule of
`decide.py`: a hold also stops the steps RECORD and UNTAINT, which no gate can.
"""

from collections.abc import Callable
from typing import Final

from controller.planning.node import Node
from controller.planning.rollout.decision import Wait
from controller.planning.rollout.gates.backoff import node_backoff
from controller.planning.rollout.gates.budget import free_slot
from controller.planning.rollout.gates.casualties import no_casualties
from controller.planning.rollout.gates.control_plane import control_plane_health, takes_risk
from controller.planning.rollout.gates.cordon import administrators_cordon
from controller.planning.rollout.gates.missing_config import missing_config
from controller.planning.rollout.gates.outage import common_outage
from controller.planning.rollout.gates.own_node import controllers_own_node
from controller.planning.rollout.gates.pause import paused_pool
from controller.planning.rollout.gates.readiness import node_readiness
from controller.planning.rollout.gates.unavailable_facts import unavailable_facts
from controller.planning.rollout.gates.unconfirmed import unconfirmed_config
from controller.planning.rollout.view import PoolView

Gate = Callable[[Node, PoolView], Wait | None]

# Before an update begins, and before each of its runs: a gate for the beginning alone lets a node
# pass that is `in_update`.
STARTING: Final[tuple[Gate, ...]] = (
    paused_pool,
    missing_config,
    administrators_cordon,
    node_readiness,
    node_backoff,
    unconfirmed_config,
)
# Before a node is disturbed. One that is down anyway has a slot, and one that was disturbed by its
# update passes them all, but for the health of the control plane before it is disturbed further.
TAKING_DOWN: Final[tuple[Gate, ...]] = (
    free_slot,
    no_casualties,
    common_outage,
    unavailable_facts,
    control_plane_health,
    controllers_own_node,
)


def to_start(node: Node, view: PoolView) -> Wait | None:
    """Return what holds back the start of an update, or of a run."""
    return _first(STARTING, node, view) or to_take_down(node, view)


def to_take_down(node: Node, view: PoolView) -> Wait | None:
    """Return what keeps the node from being disturbed, and one of the control plane from more."""
    if takes_risk(node, view):
        return controllers_own_node(node, view)
    disturbed = node.name in view.budget.down and (node.in_update or node.cordoned_by_controller)
    return control_plane_health(node, view) if disturbed else _first(TAKING_DOWN, node, view)


def _first(gates: tuple[Gate, ...], node: Node, view: PoolView) -> Wait | None:
    waits = (gate(node, view) for gate in gates)
    return next((wait for wait in waits if wait), None)
