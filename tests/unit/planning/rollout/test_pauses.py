"""A paused pool begins no update; one that has applied something is finished."""

import pytest

from controller.api.machine_config_node import Phase
from controller.planning.controller_state import ControllerState, Runs
from tests.unit.planning import build
from tests.unit.planning.build import NEW, NEWER, OLD, UNKNOWN, node
from tests.unit.planning.rollout.build import decisions


def test_a_paused_pool_begins_no_update() -> None:
    assert decisions(node("a"), node("b", UNKNOWN), paused=True, most=9) == [
        "a none: pool is paused",
        "b none: pool is paused",
    ]


@pytest.mark.parametrize("phase", [Phase.IDLE, Phase.PREFLIGHT, Phase.CORDON, Phase.DRAIN])
def test_a_pause_cancels_an_update_before_the_apply(phase: Phase) -> None:
    assert decisions(node("a", build.working(phase=phase)), paused=True) == [
        f"a target: pool is paused: {OLD} replaces {NEW}"
    ]


def test_a_pause_cancels_an_update_whose_drain_is_blocked() -> None:
    assert decisions(node("a", build.blocked()), paused=True) == [
        f"a target: pool is paused: {OLD} replaces {NEW}"
    ]


def test_a_pause_lets_a_cancelled_update_continue() -> None:
    assert decisions(node("a", build.working(OLD, Phase.IDLE)), paused=True) == [
        "a run: update continues"
    ]


@pytest.mark.parametrize(
    "phase", [Phase.APPLY, Phase.ACTIONS, Phase.REBOOT, Phase.VERIFY, Phase.UNCORDON]
)
def test_a_pause_lets_an_update_finish_after_the_apply(phase: Phase) -> None:
    status = build.working(phase=phase)

    assert decisions(node("a", status), paused=True, target=NEWER) == ["a run: update continues"]


def test_a_pause_finishes_the_first_update_of_a_cordoned_new_node() -> None:
    status = build.working(before="")
    down = node("a", status, unschedulable=True, cordoned_by_controller=True)

    assert decisions(down, paused=True) == ["a run: update continues"]
    assert decisions(node("a", status), paused=True) == ["a none: pool is paused"]


def test_a_pause_leaves_a_rolled_back_node_alone() -> None:
    assert decisions(node("a", build.rolled_back()), paused=True) == ["a none: pool is paused"]


def test_a_pause_cancels_the_retry_of_a_failed_node_that_drains() -> None:
    draining = node("a", build.rolled_back(), unschedulable=True, cordoned_by_controller=True)

    assert decisions(
        draining, paused=True, controller=ControllerState(runs=Runs(under_way=frozenset({"a"})))
    ) == [f"a cancel: pool is paused: {OLD} replaces {NEW}"]
    assert decisions(draining, paused=True) == [f"a target: pool is paused: {OLD} replaces {NEW}"]


def test_a_pause_lets_a_node_that_failed_after_the_reboot_be_verified_again() -> None:
    down = node("a", build.failed(), unschedulable=True, cordoned_by_controller=True)

    assert decisions(down, paused=True) == ["a run: retry"]
