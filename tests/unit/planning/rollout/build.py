"""Decisions for the nodes of a pool, as users read them."""

from controller.planning.controller_state import ControllerState
from controller.planning.node import Node
from controller.planning.rollout.decide import decide
from controller.planning.rollout.view import Context
from tests.unit.planning.build import NEW, NOW, OLD, described
from tests.unit.rendering.build import pool


def decisions(
    *members: Node,
    most: int | str = 1,
    paused: bool = False,
    target: str = NEW,
    controller: ControllerState | None = None,
    missing: frozenset[str] = frozenset(),
) -> list[str]:
    """Return the decisions for a pool of these members, as users read them."""
    of = pool(maxUnavailable=most, paused=paused)
    context = Context(controller or ControllerState.unknown(), NOW, missing)
    return described(list(decide(of, members, target, context)))


def targeted(name: str, before: str = OLD, target: str = NEW) -> str:
    """Return the decision that makes the target a node's desired config."""
    return f"{name} target: update from {before} to {target}"
