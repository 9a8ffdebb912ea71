"""Nodes out of service take the slots of their pool, and the others wait for one."""

from datetime import timedelta
from typing import Any

import pytest

from controller.api.machine_config_node import Phase
from controller.planning import node_status
from controller.planning.controller_state import ControllerState, Limits, Runs
from controller.planning.rollout.budget import max_unavailable
from tests.unit.planning import build
from tests.unit.planning.build import NEW, NEWER, NOW, OLD, UNKNOWN, node
from tests.unit.planning.rollout.build import decisions, targeted
from tests.unit.rendering.build import pool

LATER = NOW + timedelta(seconds=30)


@pytest.mark.parametrize(
    ("most", "size", "expected"),
    [
        pytest.param(1, 10, 1, id="a number"),
        pytest.param(3, 2, 3, id="a number above the size of the pool"),
        pytest.param("50%", 3, 1, id="percent are rounded down"),
        pytest.param("34%", 3, 1, id="also just above a whole node"),
        pytest.param("10%", 5, 1, id="but at least one"),
        pytest.param("100%", 7, 7, id="all at once"),
        pytest.param("30%", 0, 1, id="an empty pool"),
    ],
)
def test_max_unavailable_as_a_number_of_nodes(most: int | str, size: int, expected: int) -> None:
    assert max_unavailable(pool(maxUnavailable=most), size) == expected


@pytest.mark.parametrize(
    ("most", "first"), [(1, ["a"]), (2, ["a", "b"]), ("75%", ["a", "b", "c"]), (9, list("abcd"))]
)
def test_max_unavailable_limits_the_nodes_that_are_updated_at_once(
    most: int | str, first: list[str]
) -> None:
    found = decisions(*map(node, "abcd"), most=most)

    assert found[: len(first)] == [targeted(name) for name in first]
    assert all("none: waits for" in each for each in found[len(first) :])


def test_a_waiting_node_names_the_nodes_for_which_it_waits() -> None:
    assert decisions(node("a"), node("b"), node("c"), most=2)[2] == (
        "c none: waits for a, b: budget 2 of 2 in use"
    )


@pytest.mark.parametrize(
    ("most", "others"), [(3, ""), (4, " and 1 other"), (6, " and 3 others")], ids=str
)
def test_a_node_that_waits_for_many_names_three_of_them(most: int, others: str) -> None:
    assert decisions(*map(node, "abcdefg"), most=most)[6] == (
        f"g none: waits for a, b, c{others}: budget {most} of {most} in use"
    )


@pytest.mark.parametrize(
    "down",
    [
        pytest.param({"ready": False}, id="not Ready"),
        pytest.param({"pressured": True}, id="DiskPressure or NetworkUnavailable"),
        pytest.param({"unschedulable": True}, id="cordoned by an administrator"),
        pytest.param({"status": build.working()}, id="in an update"),
        pytest.param({"status": build.blocked()}, id="its drain is blocked"),
        pytest.param({"status": build.failed()}, id="failed on the target"),
        pytest.param(
            {"held": True, "status": build.failed()}, id="held in the middle of an update"
        ),
    ],
)
def test_a_node_that_is_down_takes_a_slot(down: dict[str, Any]) -> None:
    assert decisions(node("b"), node("a", **down))[0] == (
        "b none: waits for a: budget 1 of 1 in use"
    )
    assert decisions(node("b"), node("a", **down), most=2)[0] == targeted("b")


def test_a_targeted_node_does_not_wait_for_itself() -> None:
    given = build.working(phase=Phase.IDLE)
    found = decisions(node("a", ready=False), node("b", given), node("c"))

    assert found[1:] == [
        "b none: waits for a: budget 1 of 1 in use",
        "c none: waits for a, b: budget 2 of 1 in use",
    ]


@pytest.mark.parametrize("down", [{"ready": False}, {"unschedulable": True}])
def test_an_up_to_date_node_that_is_down_takes_a_slot_too(down: dict[str, bool]) -> None:
    found = decisions(node("a", build.done(NEW), **down), node("b"))

    assert found == ["a none: up to date", "b none: waits for a: budget 1 of 1 in use"]


def test_nodes_that_are_left_alone_and_up_take_no_slot() -> None:
    found = decisions(node("held", held=True), node("drifted", build.drifted()), node("c"))

    assert found[2] == targeted("c")


def test_a_new_node_takes_a_slot_like_any_other() -> None:
    assert decisions(node("a"), node("b", UNKNOWN))[1].startswith("b none: waits for a")


def test_an_update_under_way_needs_no_free_slot() -> None:
    members = [node("down", ready=False), node("a", build.working(), unschedulable=True)]

    assert decisions(*members)[1] == "a run: update continues"


@pytest.mark.parametrize(
    "status",
    [
        pytest.param(build.working(), id="draining"),
        pytest.param(build.blocked(), id="blocked"),
        pytest.param(build.failed(), id="failed"),
    ],
)
def test_a_new_target_during_an_update_needs_no_free_slot(
    status: build.Status,
) -> None:
    found = decisions(
        node("a", status, unschedulable=True),
        node("b"),
        target=NEWER,
        controller=ControllerState(runs=Runs(not_before={"a": LATER})),
    )

    assert found == [
        f"a target: {NEWER} replaces {NEW}",
        "b none: waits for a: budget 1 of 1 in use",
    ]


def test_a_node_that_the_controller_cordoned_does_not_wait_for_itself() -> None:
    cordoned = node("a", unschedulable=True, cordoned_by_controller=True)

    assert decisions(cordoned) == [targeted("a")]


def test_an_older_node_does_not_take_the_slot_of_a_cordoned_one() -> None:
    found = decisions(node("b"), node("a", unschedulable=True, cordoned_by_controller=True), most=2)

    assert targeted("a") in found


def test_a_node_with_an_abandoned_drain_takes_no_slot_during_its_back_off() -> None:
    controller = ControllerState(limits=Limits(failure_backoff=timedelta(minutes=5)))

    assert decisions(
        node("a", build.drain_abandoned(), age=2), node("b"), controller=controller
    ) == [
        f"a none: retry at 12:05:00: {build.drain_abandoned().reason}",
        f"b target: update from {OLD} to {NEW}",
    ]


def test_a_node_with_an_abandoned_drain_needs_a_free_slot_for_the_retry() -> None:
    down = node("b", build.working(), unschedulable=True, cordoned_by_controller=True)

    assert decisions(node("a", build.drain_abandoned(), age=2), down)[0] == (
        "a none: waits for b: budget 1 of 1 in use"
    )
    assert decisions(node("a", build.drain_abandoned()))[0] == "a run: retry"


def test_a_node_with_an_abandoned_drain_comes_after_healthy_ones() -> None:
    assert decisions(node("a", build.drain_abandoned(), age=2), node("b")) == [
        "a none: waits for b: budget 1 of 1 in use",
        f"b target: update from {OLD} to {NEW}",
    ]


@pytest.mark.parametrize("down", [{"ready": False}, {"pressured": True}], ids=str)
def test_nodes_that_are_down_come_first_and_take_no_further_slot(down: dict[str, Any]) -> None:
    found = decisions(node("b", age=9), node("a", **down), node("c", **down))

    assert found == [
        "b none: waits for a, c: budget 2 of 1 in use",
        targeted("a"),
        targeted("c"),
    ]


EARLY = build.working(phase=Phase.PREFLIGHT)
SILENT = node_status.on_interrupted(EARLY, Phase.PREFLIGHT, "no answer", NOW)


def test_an_update_that_does_not_reach_a_node_in_service_holds_no_slot() -> None:
    silent = node("a", SILENT, age=9)
    waits = ControllerState(runs=Runs(not_before={"a": LATER}))
    is_due = ControllerState(runs=Runs(not_before={"a": NOW}))

    assert decisions(silent, node("b"), controller=waits) == [
        "a none: retry at 12:00:30: Preflight: no answer",
        targeted("b"),
    ]
    assert decisions(silent, node("b"), controller=is_due) == [
        "a none: waits for b: budget 1 of 1 in use",
        targeted("b"),
    ]
    assert decisions(silent, controller=is_due) == ["a run: update continues"]


def test_any_other_update_that_waits_for_a_retry_keeps_the_slot() -> None:
    waits = ControllerState(runs=Runs(not_before={"a": LATER}))
    cordoned = node("a", build.working(), unschedulable=True, cordoned_by_controller=True)
    applied = node("a", node_status.on_interrupted(EARLY, Phase.APPLY, "no answer", NOW))
    stopped_by_a_shortage = node("a", EARLY)

    for each in (cordoned, applied, stopped_by_a_shortage):
        assert decisions(each, node("b"), controller=waits)[1] == (
            "b none: waits for a: budget 1 of 1 in use"
        )
