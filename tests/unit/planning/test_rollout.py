"""Every node of a pool gets a decision: the next step, or the reason why it waits."""

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
from tests.unit.planning.build import NEW, NEWER, NOW, OLD, UNKNOWN, described, node
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
    """Return the decisions for a pool of these members, as users read them."""
    asked = pool(maxUnavailable=most, paused=paused)
    context = Context(controller or ControllerState.unknown(), NOW, missing)
    return described(list(decide(asked, members, target, context)))


def targeted(name: str, before: str = OLD, target: str = NEW) -> str:
    """Return the decision that makes the target a node's desired config."""
    return f"{name} target: update from {before} to {target}"


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
    told = story(*map(node, "abcd"), most=most)

    assert told[: len(first)] == [targeted(name) for name in first]
    assert all("none: waits for" in each for each in told[len(first) :])


def test_a_waiting_node_names_the_nodes_for_which_it_waits() -> None:
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
def test_a_node_that_is_down_takes_a_slot(down: dict[str, Any]) -> None:
    assert story(node("b"), node("a", **down))[0] == ("b none: waits for a: budget 1 of 1 in use")
    assert story(node("b"), node("a", **down), most=2)[0] == targeted("b")


def test_a_targeted_node_does_not_wait_for_itself() -> None:
    given = build.working(phase=Phase.IDLE)
    told = story(node("a", ready=False), node("b", given), node("c"))

    assert told[1:] == [
        "b none: waits for a: budget 1 of 1 in use",
        "c none: waits for a, b: budget 2 of 1 in use",
    ]


@pytest.mark.parametrize("down", [{"ready": False}, {"unschedulable": True}])
def test_an_up_to_date_node_that_is_down_takes_a_slot_too(down: dict[str, bool]) -> None:
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
def test_a_node_that_is_left_alone_has_the_reason(alone: dict[str, Any], reason: str) -> None:
    assert story(node("a", **alone), most=9) == [f"a none: {reason}"]


@pytest.mark.parametrize("settled", [build.done(NEW), build.drifted(NEW)], ids=["done", "drifted"])
def test_a_requested_recover_waits_for_a_free_slot(
    settled: MachineConfigNodeStatus,
) -> None:
    asks = node("a", settled, requests=Requests(recover="now"))

    assert story(asks) == [f"a target: {NEW} is applied again: requested by recover"]
    assert story(asks, node("b", ready=False))[0] == "a none: waits for b: budget 1 of 1 in use"
    answered = node_status.with_handled(settled, recover="now")
    assert story(node("a", answered, requests=Requests(recover="now")))[0].startswith("a none: ")


def test_a_requested_recover_of_a_failed_node_is_made_at_once() -> None:
    failed = build.failed()
    rests = ControllerState(limits=Limits(failure_backoff=timedelta(minutes=5)))
    assert story(node("a", failed), controller=rests)[0].startswith("a none: retry at ")

    told = story(node("a", failed, requests=Requests(recover="now")), controller=rests)

    assert told == [f"a target: {NEW} is applied again"]


def test_the_force_file_makes_the_config_be_applied_again() -> None:
    forced = node_status.on_checked(
        build.done(NEW), [Drift(path=FORCE_FILE, kind="forceFile")], NOW
    )

    assert story(node("a", forced)) == [
        f"a target: {NEW} is applied again: requested by the force file"
    ]


def test_a_drifted_node_is_updated_only_to_a_config_that_its_disk_matches() -> None:
    drifted = node("a", build.drifted())

    told = story(drifted, controller=ControllerState(matches={drifted.uid: NEW}))
    assert told == [targeted("a")]
    told = story(drifted, controller=ControllerState(matches={drifted.uid: NEWER}))
    assert told == ["a none: Degraded: drift: /etc/motd (content)"]


def test_a_new_node_is_untainted_once_it_runs_its_config() -> None:
    assert story(node("a", UNKNOWN, tainted=True)) == [f"a target: new node: {NEW} is applied"]
    assert story(node("a", build.done(NEW), tainted=True)) == [
        "a untaint: is up to date and can run pods"
    ]


def test_nodes_that_are_left_alone_and_up_take_no_slot() -> None:
    told = story(node("held", held=True), node("drifted", build.drifted()), node("c"))

    assert told[2] == targeted("c")


def test_a_new_node_is_updated() -> None:
    assert story(node("a", UNKNOWN)) == [f"a target: new node: {NEW} is applied"]


def test_a_new_node_takes_a_slot_like_any_other() -> None:
    assert story(node("a"), node("b", UNKNOWN))[1].startswith("b none: waits for a")


def test_a_pool_without_a_config_begins_no_update() -> None:
    assert story(node("a"), node("b", build.working()), target="", most=2) == [
        "a none: the pool has no rendered config yet",
        "b run: update continues",
    ]


def test_a_run_is_started_for_a_targeted_node() -> None:
    assert story(node("a", build.working(phase=Phase.IDLE))) == ["a run: update continues"]


def test_a_run_under_way_continues() -> None:
    controller = ControllerState(runs=Runs(under_way=frozenset({"a"})))

    assert story(node("a", build.working()), controller=controller) == ["a none: in phase Drain"]


def test_a_run_that_drains_for_an_earlier_target_is_cancelled() -> None:
    controller = ControllerState(runs=Runs(under_way=frozenset({"a"})))

    assert story(node("a", build.working()), target=NEWER, controller=controller) == [
        f"a cancel: {NEWER} replaces {NEW}"
    ]
    assert story(node("a", build.working()), paused=True, controller=controller) == [
        f"a cancel: pool is paused: {OLD} replaces {NEW}"
    ]


@pytest.mark.parametrize("phase", [Phase.APPLY, Phase.REBOOT, Phase.VERIFY])
def test_a_run_that_has_begun_to_apply_is_finished(phase: Phase) -> None:
    controller = ControllerState(runs=Runs(under_way=frozenset({"a"})))

    assert story(node("a", build.working(phase=phase)), target=NEWER, controller=controller) == [
        f"a none: in phase {phase}"
    ]


@pytest.mark.parametrize("phase", [Phase.IDLE, Phase.PREFLIGHT, Phase.VERIFY])
def test_an_interrupted_apply_is_finished_before_a_new_target(
    phase: Phase,
) -> None:
    cut_off = node_status.on_interrupted(build.working(phase=Phase.APPLY), phase, "silence", NOW)

    assert story(node("a", cut_off), target=NEWER) == ["a run: update continues"]


def test_an_update_under_way_needs_no_free_slot() -> None:
    members = [node("down", ready=False), node("a", build.working(), unschedulable=True)]

    assert story(*members)[1] == "a run: update continues"


@pytest.mark.parametrize("gone", [{"ready": False}, {"unschedulable": True}])
def test_an_update_continues_though_the_node_is_cordoned_or_rebooting(
    gone: dict[str, bool],
) -> None:
    assert story(node("a", build.working(), **gone)) == ["a run: update continues"]


def test_a_blocked_drain_is_retried_after_a_back_off_that_the_reason_names() -> None:
    waits = node("a", build.blocked())

    assert story(waits, controller=ControllerState(runs=Runs(not_before={"a": LATER}))) == [
        ("a none: retry at 12:00:30: drain waits: shop/cart-0 (PodDisruptionBudget cart)")
    ]
    assert story(waits, controller=ControllerState(runs=Runs(not_before={"a": NOW}))) == [
        "a run: update continues"
    ]


def test_a_failed_node_is_retried_after_a_back_off() -> None:
    ill = node("a", build.failed())

    assert story(ill, controller=ControllerState(runs=Runs(not_before={"a": LATER}))) == [
        "a none: retry at 12:00:30: Verify failed: no route (fix it)"
    ]
    assert story(ill, controller=ControllerState(runs=Runs(not_before={"a": NOW}))) == [
        "a run: retry"
    ]


def test_a_node_that_failed_while_returning_to_its_config_is_retried() -> None:
    ill = node("a", build.failed(OLD))

    assert story(ill, node("b", build.done(NEW)), target=OLD) == [
        "a run: retry",
        "b none: waits for a: budget 1 of 1 in use",
    ]


def test_a_back_off_concerns_one_node_alone() -> None:
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
def test_a_new_target_during_an_update_needs_no_free_slot(
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


def test_a_revert_to_the_previous_config_fixes_a_failed_node() -> None:
    assert story(node("a", build.failed()), target=OLD) == [f"a target: {OLD} replaces {NEW}"]


def test_a_paused_pool_begins_no_update() -> None:
    assert story(node("a"), node("b", UNKNOWN), paused=True, most=9) == [
        "a none: pool is paused",
        "b none: pool is paused",
    ]


@pytest.mark.parametrize("phase", [Phase.IDLE, Phase.PREFLIGHT, Phase.CORDON, Phase.DRAIN])
def test_a_pause_cancels_an_update_before_the_apply(phase: Phase) -> None:
    assert story(node("a", build.working(phase=phase)), paused=True) == [
        f"a target: pool is paused: {OLD} replaces {NEW}"
    ]


def test_a_pause_cancels_an_update_whose_drain_is_blocked() -> None:
    assert story(node("a", build.blocked()), paused=True) == [
        f"a target: pool is paused: {OLD} replaces {NEW}"
    ]


def test_a_pause_lets_a_cancelled_update_continue() -> None:
    assert story(node("a", build.working(OLD, Phase.IDLE)), paused=True) == [
        "a run: update continues"
    ]


@pytest.mark.parametrize(
    "phase", [Phase.APPLY, Phase.ACTIONS, Phase.REBOOT, Phase.VERIFY, Phase.UNCORDON]
)
def test_a_pause_lets_an_update_finish_after_the_apply(phase: Phase) -> None:
    status = build.working(phase=phase)

    assert story(node("a", status), paused=True, target=NEWER) == ["a run: update continues"]


def test_a_pause_finishes_the_first_update_of_a_cordoned_new_node() -> None:
    status = build.working(before="")
    down = node("a", status, unschedulable=True, cordoned_by_controller=True)

    assert story(down, paused=True) == ["a run: update continues"]
    assert story(node("a", status), paused=True) == ["a none: pool is paused"]


def test_a_pause_leaves_a_rolled_back_node_alone() -> None:
    assert story(node("a", build.rolled_back()), paused=True) == ["a none: pool is paused"]


def test_a_pause_cancels_the_retry_of_a_failed_node_that_drains() -> None:
    draining = node("a", build.rolled_back(), unschedulable=True, cordoned_by_controller=True)

    assert story(
        draining, paused=True, controller=ControllerState(runs=Runs(under_way=frozenset({"a"})))
    ) == [f"a cancel: pool is paused: {OLD} replaces {NEW}"]
    assert story(draining, paused=True) == [f"a target: pool is paused: {OLD} replaces {NEW}"]


def test_a_pause_lets_a_node_that_failed_after_the_reboot_be_verified_again() -> None:
    down = node("a", build.failed(), unschedulable=True, cordoned_by_controller=True)

    assert story(down, paused=True) == ["a run: retry"]


def test_a_new_target_cancels_the_retry_of_a_failed_node_that_drains() -> None:
    controller = ControllerState(runs=Runs(under_way=frozenset({"a"})))

    assert story(node("a", build.rolled_back()), target=OLD, controller=controller) == [
        f"a cancel: {OLD} replaces {NEW}"
    ]


def test_a_missing_config_is_replaced_by_the_target() -> None:
    begun = node("a", build.working(phase=Phase.REBOOT))

    assert story(begun, target=NEWER, missing=frozenset({NEW})) == [
        f"a target: {NEWER} replaces {NEW}"
    ]
    assert story(begun, paused=True, target=NEWER, missing=frozenset({NEW})) == [
        f"a none: {NEW} no longer exists"
    ]


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


def test_a_node_that_the_controller_cordoned_does_not_wait_for_itself() -> None:
    cordoned = node("a", unschedulable=True, cordoned_by_controller=True)

    assert story(cordoned) == [targeted("a")]


def test_an_older_node_does_not_take_the_slot_of_a_cordoned_one() -> None:
    told = story(node("b"), node("a", unschedulable=True, cordoned_by_controller=True), most=2)

    assert targeted("a") in told


def test_a_node_with_an_abandoned_drain_takes_no_slot_during_its_back_off() -> None:
    controller = ControllerState(limits=Limits(failure_backoff=timedelta(minutes=5)))

    assert story(node("a", build.drain_abandoned(), age=2), node("b"), controller=controller) == [
        f"a none: retry at 12:05:00: {build.drain_abandoned().reason}",
        f"b target: update from {OLD} to {NEW}",
    ]


def test_a_node_with_an_abandoned_drain_needs_a_free_slot_for_the_retry() -> None:
    down = node("b", build.working(), unschedulable=True, cordoned_by_controller=True)

    assert story(node("a", build.drain_abandoned(), age=2), down)[0] == (
        "a none: waits for b: budget 1 of 1 in use"
    )
    assert story(node("a", build.drain_abandoned()))[0] == "a run: retry"


def test_a_node_with_an_abandoned_drain_comes_after_healthy_ones() -> None:
    assert story(node("a", build.drain_abandoned(), age=2), node("b")) == [
        "a none: waits for b: budget 1 of 1 in use",
        f"b target: update from {OLD} to {NEW}",
    ]


@pytest.mark.parametrize(
    ("said", "step"),
    [
        pytest.param(OLD, Step.RECORD, id="a config that exists"),
        pytest.param(NEW, Step.RECORD, id="the target"),
        pytest.param("", Step.TARGET, id="none: the node is new, or was in an update"),
        pytest.param("rendered-worker-gone", Step.TARGET, id="a config that does not exist"),
        pytest.param("rendered-gpu-secret", Step.TARGET, id="a config of another pool"),
        pytest.param(
            "rendered-worker-gpu-secret", Step.TARGET, id="a config of a pool with a similar name"
        ),
        pytest.param("50-motd", Step.TARGET, id="a config that is not rendered"),
    ],
)
def test_a_lost_status_is_rebuilt_only_from_an_existing_config_of_the_pool(
    said: str, step: Step
) -> None:
    lost = node("a", build.UNKNOWN, annotated_config=said)

    context = Context(ControllerState.unknown(), NOW, frozenset({"rendered-worker-gone"}))
    [decision] = decide(pool(), (lost,), NEW, context)

    assert decision.step is step
    assert decision.config == (said if step is Step.RECORD else NEW)


def test_a_recover_request_on_a_node_without_a_status_is_ignored() -> None:
    asked = Requests(recover="long ago")

    assert not node("a", build.UNKNOWN, requests=asked).recover_requested
    assert node("a", requests=asked).recover_requested
