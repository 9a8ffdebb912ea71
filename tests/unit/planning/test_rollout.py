"""Which nodes are updated now, and what the others are waiting for."""

from datetime import timedelta
from typing import Any

import pytest

from controller.api.machine_config_node import Drift, MachineConfigNodeStatus, Phase, Requests
from controller.api.names import FORCE_FILE
from controller.planning import node_status
from controller.planning.controller_state import ControllerState, Limits, Runs
from controller.planning.node import Node
from controller.planning.rollout.budget import max_unavailable
from controller.planning.rollout.decide import decide
from controller.planning.rollout.decision import Step
from controller.planning.rollout.unassigned import decide_unassigned
from controller.planning.rollout.view import Context
from tests.unit.planning import build
from tests.unit.planning.build import NEW, NEWER, NOW, OLD, UNKNOWN, node, words
from tests.unit.rendering.build import pool

LATER = NOW + timedelta(seconds=30)


def story(
    *members: Node,
    most: int | str = 1,
    paused: bool = False,
    target: str = NEW,
    controller: ControllerState | None = None,
    missing: frozenset[str] = frozenset(),
) -> list[str]:
    """Return the decisions for a pool of these members, in words."""
    asked = pool(maxUnavailable=most, paused=paused)
    context = Context(controller or ControllerState.unknown(), NOW, missing)
    return words(list(decide(asked, members, target, context)))


def a_target(name: str, before: str = OLD, target: str = NEW) -> str:
    """Return the words by which a node is given its target."""
    return f"{name} target: update from {before} to {target}"


@pytest.mark.parametrize(
    ("most", "size", "expected"),
    [
        pytest.param(1, 10, 1, id="a number is itself"),
        pytest.param(3, 2, 3, id="also where the pool is smaller"),
        pytest.param("50%", 3, 1, id="percent round down"),
        pytest.param("34%", 3, 1, id="also just above a whole node"),
        pytest.param("10%", 5, 1, id="but at least one"),
        pytest.param("100%", 7, 7, id="all at once where that is asked for"),
        pytest.param("30%", 0, 1, id="an empty pool is no division by zero"),
    ],
)
def test_max_unavailable_as_a_number_of_nodes(most: int | str, size: int, expected: int) -> None:
    assert max_unavailable(pool(maxUnavailable=most), size) == expected


@pytest.mark.parametrize(
    ("most", "targeted"), [(1, ["a"]), (2, ["a", "b"]), ("75%", ["a", "b", "c"]), (9, list("abcd"))]
)
def test_as_many_nodes_are_updated_at_once_as_may_be_unavailable(
    most: int | str, targeted: list[str]
) -> None:
    told = story(*map(node, "abcd"), most=most)

    assert told[: len(targeted)] == [a_target(name) for name in targeted]
    assert all("none: waits for" in each for each in told[len(targeted) :])


def test_a_node_that_waits_says_for_whom() -> None:
    assert story(node("a"), node("b"), node("c"), most=2)[2] == (
        "c none: waits for a, b: budget 2 of 2 in use"
    )


@pytest.mark.parametrize(
    ("most", "others"), [(3, ""), (4, " and 1 other"), (6, " and 3 others")], ids=str
)
def test_a_node_that_waits_for_many_names_three_of_them(most: int, others: str) -> None:
    assert story(*map(node, "abcdefg"), most=most)[6] == (
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
def test_a_node_that_is_down_uses_capacity(down: dict[str, Any]) -> None:
    assert story(node("b"), node("a", **down))[0] == ("b none: waits for a: budget 1 of 1 in use")
    assert story(node("b"), node("a", **down), most=2)[0] == a_target("b")


def test_a_node_that_was_given_a_config_does_not_wait_for_itself() -> None:
    given = build.working(phase=Phase.IDLE)
    told = story(node("a", ready=False), node("b", given), node("c"))

    assert told[1:] == [
        "b none: waits for a: budget 1 of 1 in use",
        "c none: waits for a, b: budget 2 of 1 in use",
    ]


@pytest.mark.parametrize("down", [{"ready": False}, {"unschedulable": True}])
def test_a_node_that_is_up_to_date_but_down_uses_capacity_too(down: dict[str, bool]) -> None:
    told = story(node("a", build.done(NEW), **down), node("b"))

    assert told == ["a none: up to date", "b none: waits for a: budget 1 of 1 in use"]


@pytest.mark.parametrize(
    ("alone", "reason"),
    [
        pytest.param({"unschedulable": True}, "cordoned by an administrator"),
        pytest.param({"held": True}, "held by an administrator"),
        pytest.param({"ready": False}, "not Ready"),
        pytest.param({"status": build.done(NEW)}, "up to date"),
        pytest.param({"status": build.drifted()}, "Degraded: drift: /etc/motd (content)"),
    ],
)
def test_a_node_is_left_alone_and_says_why(alone: dict[str, Any], reason: str) -> None:
    assert story(node("a", **alone), most=9) == [f"a none: {reason}"]


@pytest.mark.parametrize("settled", [build.done(NEW), build.drifted(NEW)], ids=["well", "drifted"])
def test_a_node_for_which_somebody_asks_is_applied_again_when_there_is_room(
    settled: MachineConfigNodeStatus,
) -> None:
    asks = node("a", settled, requests=Requests(recover="now"))

    assert story(asks) == [f"a target: {NEW} is applied again: requested by recover"]
    assert story(asks, node("b", ready=False))[0] == "a none: waits for b: budget 1 of 1 in use"
    answered = node_status.with_handled(settled, recover="now")
    assert story(node("a", answered, requests=Requests(recover="now")))[0].startswith("a none: ")


def test_a_node_that_failed_is_applied_again_at_once_when_somebody_asks() -> None:
    failed = build.failed()
    rests = ControllerState(limits=Limits(failure_backoff=timedelta(minutes=5)))
    assert story(node("a", failed), controller=rests)[0].startswith("a none: retry at ")

    told = story(node("a", failed, requests=Requests(recover="now")), controller=rests)

    assert told == [f"a target: {NEW} is applied again"]


def test_the_force_file_has_a_node_applied_again() -> None:
    forced = node_status.on_checked(
        build.done(NEW), [Drift(path=FORCE_FILE, kind="forceFile")], NOW
    )

    assert story(node("a", forced)) == [
        f"a target: {NEW} is applied again: requested by the force file"
    ]


def test_a_drifted_node_follows_a_config_that_adopts_its_drift_and_no_other() -> None:
    drifted = node("a", build.drifted())

    told = story(drifted, controller=ControllerState(matches={drifted.uid: NEW}))
    assert told == [a_target("a")]
    told = story(drifted, controller=ControllerState(matches={drifted.uid: NEWER}))
    assert told == ["a none: Degraded: drift: /etc/motd (content)"]


def test_a_new_node_takes_work_once_it_is_on_its_config() -> None:
    assert story(node("a", UNKNOWN, tainted=True)) == [f"a target: new node: {NEW} is applied"]
    assert story(node("a", build.done(NEW), tainted=True)) == [
        "a untaint: is up to date and can run pods"
    ]


def test_nodes_left_alone_that_are_up_hold_nobody_back() -> None:
    told = story(node("held", held=True), node("drifted", build.drifted()), node("c"))

    assert told[2] == a_target("c")


def test_a_new_node_is_adopted() -> None:
    assert story(node("a", UNKNOWN)) == [f"a target: new node: {NEW} is applied"]


def test_a_new_node_takes_a_slot_like_any_other() -> None:
    assert story(node("a"), node("b", UNKNOWN))[1].startswith("b none: waits for a")


def test_nothing_is_done_while_the_pool_never_had_a_config() -> None:
    assert story(node("a"), node("b", build.working()), target="", most=2) == [
        "a none: the pool has no rendered config yet",
        "b run: update continues",
    ]


def test_a_run_is_started_for_a_node_that_was_given_its_target() -> None:
    assert story(node("a", build.working(phase=Phase.IDLE))) == ["a run: update continues"]


def test_a_run_that_is_under_way_is_let_go_on() -> None:
    controller = ControllerState(runs=Runs(under_way=frozenset({"a"})))

    assert story(node("a", build.working()), controller=controller) == ["a none: in phase Drain"]


def test_a_run_that_drains_for_a_target_that_is_wanted_no_more_is_ended() -> None:
    controller = ControllerState(runs=Runs(under_way=frozenset({"a"})))

    assert story(node("a", build.working()), target=NEWER, controller=controller) == [
        f"a cancel: {NEWER} replaces {NEW}"
    ]
    assert story(node("a", build.working()), paused=True, controller=controller) == [
        f"a cancel: pool is paused: {OLD} replaces {NEW}"
    ]


@pytest.mark.parametrize("phase", [Phase.APPLY, Phase.REBOOT, Phase.VERIFY])
def test_a_run_that_has_begun_to_apply_is_let_come_to_its_end(phase: Phase) -> None:
    controller = ControllerState(runs=Runs(under_way=frozenset({"a"})))

    assert story(node("a", build.working(phase=phase)), target=NEWER, controller=controller) == [
        f"a none: in phase {phase}"
    ]


@pytest.mark.parametrize("phase", [Phase.IDLE, Phase.PREFLIGHT, Phase.VERIFY])
def test_what_was_begun_is_finished_before_a_new_target_though_its_run_was_cut_off(
    phase: Phase,
) -> None:
    cut_off = node_status.on_interrupted(build.working(phase=Phase.APPLY), phase, "silence", NOW)

    assert story(node("a", cut_off), target=NEWER) == ["a run: update continues"]


def test_an_update_goes_on_though_nothing_is_free() -> None:
    members = [node("down", ready=False), node("a", build.working(), unschedulable=True)]

    assert story(*members)[1] == "a run: update continues"


@pytest.mark.parametrize("gone", [{"ready": False}, {"unschedulable": True}])
def test_an_update_goes_on_though_the_node_is_cordoned_or_rebooting(gone: dict[str, bool]) -> None:
    assert story(node("a", build.working(), **gone)) == ["a run: update continues"]


def test_a_blocked_drain_is_tried_again_after_a_pause_that_the_reason_names() -> None:
    waits = node("a", build.blocked())

    assert story(waits, controller=ControllerState(runs=Runs(not_before={"a": LATER}))) == [
        ("a none: retry at 12:00:30: drain waits: shop/cart-0 (PodDisruptionBudget cart)")
    ]
    assert story(waits, controller=ControllerState(runs=Runs(not_before={"a": NOW}))) == [
        "a run: update continues"
    ]


def test_a_failed_node_is_tried_again_after_a_pause() -> None:
    ill = node("a", build.failed())

    assert story(ill, controller=ControllerState(runs=Runs(not_before={"a": LATER}))) == [
        "a none: retry at 12:00:30: Verify failed: no route (fix it)"
    ]
    assert story(ill, controller=ControllerState(runs=Runs(not_before={"a": NOW}))) == [
        "a run: retry"
    ]


def test_a_node_that_failed_on_its_way_back_is_tried_again_and_is_no_drift() -> None:
    ill = node("a", build.failed(OLD))

    assert story(ill, node("b", build.done(NEW)), target=OLD) == [
        "a run: retry",
        "b none: waits for a: budget 1 of 1 in use",
    ]


def test_a_pause_of_one_node_is_no_pause_of_another() -> None:
    told = story(
        node("a", build.working()), controller=ControllerState(runs=Runs(not_before={"b": LATER}))
    )

    assert told == ["a run: update continues"]


@pytest.mark.parametrize(
    "status",
    [
        pytest.param(build.working(), id="draining"),
        pytest.param(build.blocked(), id="blocked"),
        pytest.param(build.failed(), id="failed"),
    ],
)
def test_a_new_target_in_the_middle_is_given_at_once_and_needs_no_free_slot(
    status: build.Status,
) -> None:
    told = story(
        node("a", status, unschedulable=True),
        node("b"),
        target=NEWER,
        controller=ControllerState(runs=Runs(not_before={"a": LATER})),
    )

    assert told == [
        f"a target: {NEWER} replaces {NEW}",
        "b none: waits for a: budget 1 of 1 in use",
    ]


def test_a_config_that_fails_is_healed_by_going_back_to_the_one_before() -> None:
    assert story(node("a", build.failed()), target=OLD) == [f"a target: {OLD} replaces {NEW}"]


def test_a_paused_pool_gives_no_node_a_target() -> None:
    assert story(node("a"), node("b", UNKNOWN), paused=True, most=9) == [
        "a none: pool is paused",
        "b none: pool is paused",
    ]


@pytest.mark.parametrize("phase", [Phase.IDLE, Phase.PREFLIGHT, Phase.CORDON, Phase.DRAIN])
def test_a_pause_takes_back_a_node_that_nothing_was_applied_to(phase: Phase) -> None:
    assert story(node("a", build.working(phase=phase)), paused=True) == [
        f"a target: pool is paused: {OLD} replaces {NEW}"
    ]


def test_a_pause_takes_back_a_node_whose_drain_is_blocked() -> None:
    assert story(node("a", build.blocked()), paused=True) == [
        f"a target: pool is paused: {OLD} replaces {NEW}"
    ]


def test_a_pause_lets_a_node_on_its_way_back_go_on() -> None:
    assert story(node("a", build.working(OLD, Phase.IDLE)), paused=True) == [
        "a run: update continues"
    ]


@pytest.mark.parametrize(
    "phase", [Phase.APPLY, Phase.ACTIONS, Phase.REBOOT, Phase.VERIFY, Phase.UNCORDON]
)
def test_a_pause_lets_a_node_in_the_middle_of_the_change_come_to_its_end(phase: Phase) -> None:
    status = build.working(phase=phase)

    assert story(node("a", status), paused=True, target=NEWER) == ["a run: update continues"]


def test_a_pause_has_no_way_back_for_a_new_node_in_its_first_update() -> None:
    status = build.working(before="")
    down = node("a", status, unschedulable=True, cordoned_by_controller=True)

    assert story(down, paused=True) == ["a run: update continues"]
    assert story(node("a", status), paused=True) == ["a none: pool is paused"]


def test_a_pause_leaves_a_failed_node_that_was_put_back_as_it_is() -> None:
    assert story(node("a", build.put_back()), paused=True) == ["a none: pool is paused"]


def test_a_pause_takes_back_a_failed_node_that_drains_to_be_tried_again() -> None:
    draining = node("a", build.put_back(), unschedulable=True, cordoned_by_controller=True)

    assert story(
        draining, paused=True, controller=ControllerState(runs=Runs(under_way=frozenset({"a"})))
    ) == [f"a cancel: pool is paused: {OLD} replaces {NEW}"]
    assert story(draining, paused=True) == [f"a target: pool is paused: {OLD} replaces {NEW}"]


def test_a_pause_lets_a_node_that_failed_after_the_reboot_be_verified_again() -> None:
    down = node("a", build.failed(), unschedulable=True, cordoned_by_controller=True)

    assert story(down, paused=True) == ["a run: retry"]


def test_a_failed_node_that_drains_to_be_tried_again_is_taken_back_by_a_new_target() -> None:
    controller = ControllerState(runs=Runs(under_way=frozenset({"a"})))

    assert story(node("a", build.put_back()), target=OLD, controller=controller) == [
        f"a cancel: {OLD} replaces {NEW}"
    ]


def test_a_config_that_is_gone_is_not_waited_for() -> None:
    begun = node("a", build.working(phase=Phase.REBOOT))

    assert story(begun, target=NEWER, missing=frozenset({NEW})) == [
        f"a target: {NEWER} replaces {NEW}"
    ]
    assert story(begun, paused=True, target=NEWER, missing=frozenset({NEW})) == [
        f"a none: {NEW} no longer exists"
    ]


def in_no_pool(of: Node, *missing: str, under_way: bool = False) -> str:
    """Return the decision for a node that no pool has, in words."""
    controller = ControllerState(runs=Runs(under_way=frozenset({of.name} if under_way else ())))
    return words([decide_unassigned(of, Context(controller, NOW, frozenset(missing)))])[0]


def test_a_node_that_loses_its_pool_comes_to_its_end_where_something_was_applied() -> None:
    begun = node("a", build.working(phase=Phase.REBOOT))

    assert in_no_pool(begun) == "a run: in no pool: its update is finished"
    assert in_no_pool(begun, under_way=True) == "a none: in phase Reboot"


def test_a_node_that_loses_its_pool_goes_back_where_nothing_was_applied() -> None:
    back = f"in no pool: {OLD} replaces {NEW}"

    assert in_no_pool(node("a", build.working())) == f"a target: {back}"
    assert in_no_pool(node("a", build.working()), under_way=True) == f"a cancel: {back}"


def test_a_node_without_a_pool_and_without_a_way_back_goes_on_to_its_end() -> None:
    draining = node("a", build.working(), unschedulable=True, cordoned_by_controller=True)

    assert in_no_pool(draining, OLD) == "a run: in no pool: its update is finished"
    assert in_no_pool(draining, OLD, NEW).startswith(
        f"a none: in no pool, and {NEW} no longer exists"
    )


@pytest.mark.parametrize("status", [build.put_back(), build.working(before="")])
def test_a_node_without_a_pool_that_is_up_is_not_begun_with(status: build.Status) -> None:
    assert in_no_pool(node("a", status)) == "a none: in no pool"


def test_a_node_that_we_hold_down_does_not_wait_for_itself() -> None:
    ours = node("a", unschedulable=True, cordoned_by_controller=True)

    assert story(ours) == [a_target("a")]


def test_an_older_node_does_not_take_the_slot_of_one_that_we_hold_down() -> None:
    told = story(node("b"), node("a", unschedulable=True, cordoned_by_controller=True), most=2)

    assert a_target("a") in told


def test_a_node_that_was_given_back_holds_no_slot_while_it_rests() -> None:
    controller = ControllerState(limits=Limits(failure_backoff=timedelta(minutes=5)))

    assert story(node("a", build.given_back(), age=2), node("b"), controller=controller) == [
        f"a none: retry at 12:05:00: {build.given_back().reason}",
        f"b target: update from {OLD} to {NEW}",
    ]


def test_a_node_that_was_given_back_needs_a_free_slot_to_be_tried_again() -> None:
    down = node("b", build.working(), unschedulable=True, cordoned_by_controller=True)

    assert story(node("a", build.given_back(), age=2), down)[0] == (
        "a none: waits for b: budget 1 of 1 in use"
    )
    assert story(node("a", build.given_back()))[0] == "a run: retry"


def test_a_node_that_was_given_back_lets_those_that_are_well_go_first() -> None:
    assert story(node("a", build.given_back(), age=2), node("b")) == [
        "a none: waits for b: budget 1 of 1 in use",
        f"b target: update from {OLD} to {NEW}",
    ]


@pytest.mark.parametrize(
    ("said", "step"),
    [
        pytest.param(OLD, Step.RECORD, id="a config that is still there"),
        pytest.param(NEW, Step.RECORD, id="the config in force"),
        pytest.param("", Step.TARGET, id="nothing: it is new, or was in an update"),
        pytest.param("rendered-worker-gone", Step.TARGET, id="a config that is gone"),
        pytest.param("rendered-gpu-secret", Step.TARGET, id="a config of another pool"),
        pytest.param("rendered-worker-gpu-secret", Step.TARGET, id="of a pool of a like name"),
        pytest.param("50-motd", Step.TARGET, id="no rendered config"),
    ],
)
def test_a_node_whose_note_is_lost_is_only_looked_at_where_it_says_what_it_may_be_on(
    said: str, step: Step
) -> None:
    lost = node("a", build.UNKNOWN, annotated_config=said)

    context = Context(ControllerState.unknown(), NOW, frozenset({"rendered-worker-gone"}))
    [decision] = decide(pool(), (lost,), NEW, context)

    assert decision.step is step
    assert decision.config == (said if step is Step.RECORD else NEW)


def test_a_wish_to_recover_that_was_there_before_anything_was_known_is_none() -> None:
    asked = Requests(recover="long ago")

    assert not node("a", build.UNKNOWN, requests=asked).recover_requested
    assert node("a", requests=asked).recover_requested
