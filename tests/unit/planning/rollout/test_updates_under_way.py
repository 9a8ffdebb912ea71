"""An update under way is finished, retried, or given another target."""

from datetime import timedelta

import pytest

from controller.api.machine_config_node import Phase, Requests
from controller.planning import node_status
from controller.planning.controller_state import ControllerState, Limits, Runs
from tests.unit.planning import build
from tests.unit.planning.build import NEW, NEWER, NOW, OLD, node
from tests.unit.planning.rollout.build import decisions

LATER = NOW + timedelta(seconds=30)


def test_a_run_is_started_for_a_targeted_node() -> None:
    assert decisions(node("a", build.working(phase=Phase.IDLE))) == ["a run: update continues"]


def test_a_run_under_way_continues() -> None:
    controller = ControllerState(runs=Runs(under_way=frozenset({"a"})))

    assert decisions(node("a", build.working()), controller=controller) == [
        "a none: in phase Drain"
    ]


def test_a_run_that_drains_for_an_earlier_target_is_cancelled() -> None:
    controller = ControllerState(runs=Runs(under_way=frozenset({"a"})))

    assert decisions(node("a", build.working()), target=NEWER, controller=controller) == [
        f"a cancel: {NEWER} replaces {NEW}"
    ]
    assert decisions(node("a", build.working()), paused=True, controller=controller) == [
        f"a cancel: pool is paused: {OLD} replaces {NEW}"
    ]


@pytest.mark.parametrize("phase", [Phase.APPLY, Phase.REBOOT, Phase.VERIFY])
def test_a_run_that_has_begun_to_apply_is_finished(phase: Phase) -> None:
    controller = ControllerState(runs=Runs(under_way=frozenset({"a"})))

    assert decisions(
        node("a", build.working(phase=phase)), target=NEWER, controller=controller
    ) == [f"a none: in phase {phase}"]


@pytest.mark.parametrize("phase", [Phase.IDLE, Phase.PREFLIGHT, Phase.VERIFY])
def test_an_interrupted_apply_may_never_end_and_gives_way_to_a_new_target(phase: Phase) -> None:
    cut_off = node_status.on_interrupted(build.working(phase=Phase.APPLY), phase, "silence", NOW)

    assert decisions(node("a", cut_off)) == ["a run: update continues"]
    assert decisions(node("a", cut_off), target=NEWER) == [f"a target: {NEWER} replaces {NEW}"]


@pytest.mark.parametrize("down", [{"ready": False}, {"unschedulable": True}])
def test_an_update_continues_though_the_node_is_cordoned_or_rebooting(
    down: dict[str, bool],
) -> None:
    assert decisions(node("a", build.working(), **down)) == ["a run: update continues"]


def test_a_blocked_drain_is_retried_after_a_back_off_that_the_reason_names() -> None:
    waits = node("a", build.blocked())

    assert decisions(waits, controller=ControllerState(runs=Runs(not_before={"a": LATER}))) == [
        ("a none: retry at 12:00:30: drain waits: shop/cart-0 (PodDisruptionBudget cart)")
    ]
    assert decisions(waits, controller=ControllerState(runs=Runs(not_before={"a": NOW}))) == [
        "a run: update continues"
    ]


def test_a_failed_node_is_retried_after_a_back_off() -> None:
    failed = node("a", build.failed())

    assert decisions(failed, controller=ControllerState(runs=Runs(not_before={"a": LATER}))) == [
        "a none: retry at 12:00:30: Verify failed: no route (fix it)"
    ]
    assert decisions(failed, controller=ControllerState(runs=Runs(not_before={"a": NOW}))) == [
        "a run: retry"
    ]


def test_a_node_that_failed_while_returning_to_its_config_is_retried() -> None:
    failed = node("a", build.failed(OLD))

    assert decisions(failed, node("b", build.done(NEW)), target=OLD) == [
        "a run: retry",
        "b none: waits for a: budget 1 of 1 in use",
    ]


def test_a_back_off_concerns_one_node_alone() -> None:
    found = decisions(
        node("a", build.working()), controller=ControllerState(runs=Runs(not_before={"b": LATER}))
    )

    assert found == ["a run: update continues"]


def test_a_requested_recover_of_a_failed_node_is_made_at_once() -> None:
    failed = build.failed()
    rests = ControllerState(limits=Limits(failure_backoff=timedelta(minutes=5)))
    assert decisions(node("a", failed), controller=rests)[0].startswith("a none: retry at ")

    found = decisions(node("a", failed, requests=Requests(recover="now")), controller=rests)

    assert found == [f"a target: {NEW} is applied again"]


def test_a_requested_recover_ends_the_back_off_of_a_node_that_did_not_answer() -> None:
    requests = Requests(recover="now")
    silent = node("a", build.working(phase=Phase.REBOOT), ready=False, requests=requests)
    waits = ControllerState(runs=Runs(not_before={"a": LATER}))

    assert decisions(silent, controller=waits) == [f"a target: {NEW} is applied again"]
    assert decisions(silent) == ["a run: update continues"]


def test_a_revert_to_the_previous_config_fixes_a_failed_node() -> None:
    assert decisions(node("a", build.failed()), target=OLD) == [f"a target: {OLD} replaces {NEW}"]


def test_a_new_target_cancels_the_retry_of_a_failed_node_that_drains() -> None:
    controller = ControllerState(runs=Runs(under_way=frozenset({"a"})))

    assert decisions(node("a", build.rolled_back()), target=OLD, controller=controller) == [
        f"a cancel: {OLD} replaces {NEW}"
    ]


def test_a_missing_config_is_replaced_by_the_target() -> None:
    begun = node("a", build.working(phase=Phase.REBOOT))

    assert decisions(begun, target=NEWER, missing=frozenset({NEW})) == [
        f"a target: {NEWER} replaces {NEW}"
    ]
    assert decisions(begun, paused=True, target=NEWER, missing=frozenset({NEW})) == [
        f"a none: {NEW} no longer exists"
    ]
