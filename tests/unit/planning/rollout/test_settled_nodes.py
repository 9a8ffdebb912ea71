"""A node that is not in an update begins one, or has the reason why not."""

from typing import Any

import pytest

from controller.api.machine_config_node import Drift, MachineConfigNodeStatus, Requests
from controller.api.names import FORCE_FILE
from controller.planning import node_status
from controller.planning.controller_state import ControllerState
from controller.planning.rollout.decide import decide
from controller.planning.rollout.decision import Step
from controller.planning.rollout.view import Context
from tests.unit.planning import build
from tests.unit.planning.build import NEW, NEWER, NOW, OLD, UNKNOWN, node
from tests.unit.planning.rollout.build import decisions, targeted
from tests.unit.rendering.build import pool


@pytest.mark.parametrize(
    ("alone", "reason"),
    [
        pytest.param({"unschedulable": True}, "cordoned by an administrator"),
        pytest.param({"held": True}, "held by an administrator"),
        pytest.param({"status": build.done(NEW)}, "up to date"),
        pytest.param({"status": build.drifted()}, "Degraded: drift: /etc/motd (content)"),
    ],
)
def test_a_node_that_is_left_alone_has_the_reason(alone: dict[str, Any], reason: str) -> None:
    assert decisions(node("a", **alone), most=9) == [f"a none: {reason}"]


@pytest.mark.parametrize("settled", [build.done(NEW), build.drifted(NEW)], ids=["done", "drifted"])
def test_a_requested_recover_waits_for_a_free_slot(
    settled: MachineConfigNodeStatus,
) -> None:
    requested = node("a", settled, requests=Requests(recover="now"))

    assert decisions(requested) == [f"a target: {NEW} is applied again: requested by recover"]
    assert (
        decisions(requested, node("b", ready=False))[0]
        == "a none: waits for b: budget 1 of 1 in use"
    )
    answered = node_status.with_handled(settled, recover="now")
    assert decisions(node("a", answered, requests=Requests(recover="now")))[0].startswith(
        "a none: "
    )


def test_the_force_file_makes_the_config_be_applied_again() -> None:
    forced = node_status.on_checked(
        build.done(NEW), [Drift(path=FORCE_FILE, kind="forceFile")], NOW
    )

    assert decisions(node("a", forced)) == [
        f"a target: {NEW} is applied again: requested by the force file"
    ]


def test_a_drifted_node_is_updated_only_to_a_config_that_its_disk_matches() -> None:
    drifted = node("a", build.drifted())

    found = decisions(drifted, controller=ControllerState(matches={drifted.uid: NEW}))
    assert found == [targeted("a")]
    found = decisions(drifted, controller=ControllerState(matches={drifted.uid: NEWER}))
    assert found == ["a none: Degraded: drift: /etc/motd (content)"]


def test_a_new_node_is_untainted_once_it_runs_its_config() -> None:
    assert decisions(node("a", UNKNOWN, tainted=True)) == [f"a target: new node: {NEW} is applied"]
    assert decisions(node("a", build.done(NEW), tainted=True)) == [
        "a untaint: is up to date and can run pods"
    ]


def test_a_new_node_is_updated() -> None:
    assert decisions(node("a", UNKNOWN)) == [f"a target: new node: {NEW} is applied"]


def test_a_pool_without_a_config_begins_no_update() -> None:
    assert decisions(node("a"), node("b", build.working()), target="", most=2) == [
        "a none: the pool has no rendered config yet",
        "b run: update continues",
    ]


@pytest.mark.parametrize(
    ("annotated", "step"),
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
    annotated: str, step: Step
) -> None:
    lost = node("a", build.UNKNOWN, annotated_config=annotated)

    context = Context(ControllerState.unknown(), NOW, frozenset({"rendered-worker-gone"}))
    [decision] = decide(pool(), (lost,), NEW, context)

    assert decision.step is step
    assert decision.config == (annotated if step is Step.RECORD else NEW)


def test_a_recover_request_on_a_node_without_a_status_is_ignored() -> None:
    requests = Requests(recover="long ago")

    assert not node("a", build.UNKNOWN, requests=requests).recover_requested
    assert node("a", requests=requests).recover_requested
