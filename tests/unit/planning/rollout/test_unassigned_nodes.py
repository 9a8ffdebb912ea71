"""A node in no pool finishes its update, and begins none."""

import pytest

from controller.api.machine_config_node import Phase
from controller.planning.controller_state import ControllerState, Runs
from controller.planning.node import Node
from controller.planning.rollout.unassigned import decide_unassigned
from controller.planning.rollout.view import Context
from tests.unit.planning import build
from tests.unit.planning.build import NEW, NOW, OLD, described, node


def in_no_pool(of: Node, *missing: str, under_way: bool = False) -> str:
    """Return the decision for a node in no pool, as users read it."""
    controller = ControllerState(runs=Runs(under_way=frozenset({of.name} if under_way else ())))
    return described([decide_unassigned(of, Context(controller, NOW, frozenset(missing)))])[0]


def test_a_node_that_leaves_its_pool_finishes_its_update_after_the_apply() -> None:
    begun = node("a", build.working(phase=Phase.REBOOT))

    assert in_no_pool(begun) == "a run: in no pool: its update is finished"
    assert in_no_pool(begun, under_way=True) == "a none: in phase Reboot"


def test_a_node_that_leaves_its_pool_cancels_its_update_before_the_apply() -> None:
    back = f"in no pool: {OLD} replaces {NEW}"

    assert in_no_pool(node("a", build.working())) == f"a target: {back}"
    assert in_no_pool(node("a", build.working()), under_way=True) == f"a cancel: {back}"


def test_a_node_without_a_pool_and_without_a_previous_config_finishes_its_update() -> None:
    draining = node("a", build.working(), unschedulable=True, cordoned_by_controller=True)

    assert in_no_pool(draining, OLD) == "a run: in no pool: its update is finished"
    assert in_no_pool(draining, OLD, NEW).startswith(
        f"a none: in no pool, and {NEW} no longer exists"
    )


@pytest.mark.parametrize("status", [build.rolled_back(), build.working(before="")])
def test_a_node_without_a_pool_begins_no_update(status: build.Status) -> None:
    assert in_no_pool(node("a", status)) == "a none: in no pool"


def test_a_new_node_without_a_pool_cancels_its_run_while_it_is_undisturbed() -> None:
    new = node("a", build.working(before=""))

    assert in_no_pool(new, under_way=True) == "a cancel: in no pool"
