"""A gate holds a node back with a reason, and the first one in the order decides."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from controller.api.machine_config_node import Phase, Requests
from controller.api.names import CONTROL_PLANE_NODE_LABEL
from controller.planning.control_plane_facts import StaticPod
from controller.planning.controller_state import ControllerState, Identity, Runs
from controller.planning.node import Node
from controller.planning.rollout import gates
from controller.planning.rollout.decide import decide
from controller.planning.rollout.decision import Step
from controller.planning.rollout.view import Context
from tests.unit.planning import build
from tests.unit.planning.build import NEW, NEWER, NOW, OLD, UNKNOWN, described, node
from tests.unit.planning.rollout.build import decisions, targeted
from tests.unit.rendering.build import pool

MASTER = pool(name="master")
LATER = NOW + timedelta(seconds=30)


def control_plane(*others: Node) -> str:
    """Return the decision for the first of several control plane nodes."""
    labels = {CONTROL_PLANE_NODE_LABEL: ""}
    return of_control_plane(node("a", labels=labels, age=9), *others)[0]


def of_control_plane(*members: Node) -> list[str]:
    """Return the decisions for control plane nodes."""
    return described(list(decide(MASTER, members, NEW, Context(ControllerState.unknown(), NOW))))


def test_every_gate_is_in_the_order() -> None:
    files = {each.stem for each in Path(gates.__file__).parent.glob("*.py")} - {"__init__"}

    registered = {each.__module__.rpartition(".")[2] for each in gates.STARTING + gates.TAKING_DOWN}
    assert registered == files


def test_the_first_gate_that_holds_a_node_back_gives_the_reason() -> None:
    cordoned = node("a", unschedulable=True, ready=False)

    assert decisions(cordoned, paused=True) == ["a none: pool is paused"]
    assert decisions(cordoned) == ["a none: cordoned by an administrator"]


def test_a_wait_whose_end_is_known_makes_the_node_due_then() -> None:
    waits = ControllerState(runs=Runs(not_before={"a": LATER}))
    [decision] = decide(MASTER, [node("a")], NEW, Context(waits, NOW))

    assert (decision.step, decision.until) == (Step.NONE, LATER)


def test_a_control_plane_node_waits_for_the_others_and_their_static_pods() -> None:
    assert control_plane(node("b")) == targeted("a")
    assert control_plane(node("b", static_pods=(StaticPod("etcd-b", "etcd", ready=False),))) == (
        "a none: waits for b: etcd-b not ready"
    )


def test_the_controllers_own_node_waits_until_a_standby_leads() -> None:
    alone = ControllerState(identity=Identity(node="a"))
    with_standby = ControllerState(identity=Identity(node="a", standby_node="b"))

    assert decisions(node("a"), controller=alone) == [targeted("a")]
    assert decisions(node("a"), controller=with_standby) == [
        "a handOver: runs the controller: another replica (on b) takes over first"
    ]


JUST_NOW = NOW - timedelta(seconds=20)


def test_a_node_that_has_just_become_not_ready_is_given_a_minute() -> None:
    [decision] = decide(
        pool(),
        [node("a", ready=False, unready_since=JUST_NOW)],
        NEW,
        Context(ControllerState.unknown(), NOW),
    )

    assert decision.reason == "not Ready: is updated at 12:00:40 unless it comes back before"
    assert decision.until == NOW + timedelta(seconds=40)


@pytest.mark.parametrize(
    "down",
    [
        pytest.param({"unready_since": NOW - timedelta(minutes=1)}, id="for a minute"),
        pytest.param({}, id="it is not known since when, and the Node is old"),
        pytest.param(
            {"unready_since": JUST_NOW, "requests": Requests(recover="1")},
            id="recover is requested",
        ),
    ],
)
def test_a_node_that_is_down_is_updated(down: dict[str, Any]) -> None:
    assert decisions(node("b", age=9), node("a", ready=False, **down))[1].startswith("a target: ")


UNREACHED = build.working(phase=Phase.PREFLIGHT).model_copy(update={"reason": "no answer"})
LOST = [node(name, ready=False, age=9) for name in "abcd"]


def test_where_most_nodes_are_down_at_once_no_more_than_usual_are_tried_at_a_time() -> None:
    waits = "none: waits for a, b: 4 of 4 nodes are not Ready, which may have one cause outside"

    assert decisions(*LOST, most=2) == [
        targeted("a"),
        targeted("b"),
        *(f"{name} {waits} of them" for name in "cd"),
    ]
    assert decisions(*LOST, *map(node, "efgh"))[:4] == [*map(targeted, "abcd")]
    assert decisions(*LOST[:2], node("c"))[:2] == [*map(targeted, "ab")]


@pytest.mark.parametrize(
    ("tried", "not_before"),
    [
        pytest.param({"status": build.failed()}, {"a": LATER}, id="whose update has failed"),
        pytest.param({"status": UNREACHED}, {"a": LATER}, id="that does not answer"),
        pytest.param({"status": build.working(), "held": True}, {}, id="that is held"),
    ],
)
def test_where_most_nodes_are_down_none_waits_for_one_without_a_run(
    tried: dict[str, Any], not_before: dict[str, datetime]
) -> None:
    given = ControllerState(runs=Runs(not_before=not_before))
    others = [targeted("b"), "c none: waits for b", "d none: waits for b"]

    found = decisions(node("a", ready=False, age=9, **tried), *LOST[1:], controller=given)
    assert [each.partition(": 4 of")[0] for each in found[1:]] == others


def test_new_nodes_and_requests_do_not_wait_for_an_outage_to_end() -> None:
    new = [node(name, UNKNOWN, ready=False) for name in "abcd"]
    asked = replace(LOST[3], requests=Requests(recover="1"))

    assert all("target: new node" in each for each in decisions(*new))
    assert "d target: " in decisions(*LOST[:3], asked)[3]


def test_a_node_does_not_wait_for_the_wrong_clock_of_its_kubelet() -> None:
    ahead = node("a", ready=False, unready_since=NOW + timedelta(hours=5))

    assert decisions(ahead) == [targeted("a")]


def test_a_new_node_that_does_not_become_ready_is_updated() -> None:
    assert decisions(node("a", UNKNOWN, ready=False, age=0)) == [
        "a none: not Ready: is updated at 12:01:00 unless it comes back before"
    ]
    assert decisions(node("a", UNKNOWN, ready=False)) == [f"a target: new node: {NEW} is applied"]


def test_a_control_plane_node_that_is_down_waits_for_the_others() -> None:
    down = node("a", ready=False)

    assert of_control_plane(down, node("b"))[0] == targeted("a")
    assert [each.partition(" (")[0] for each in of_control_plane(down, node("b", ready=False))] == [
        "a none: waits for b: control plane node is not healthy",
        "b none: waits for a: control plane node is not healthy",
    ]
    applied = build.working().model_copy(update={"applied": True})
    assert of_control_plane(down, node("b", applied))[0] == (
        "a none: waits for b: one control plane node is updated at a time"
    )


CASUALTY = build.failed()
WAITS = (
    f"waits for a: not Ready since {NEW} was applied"
    " (repair it, change the MachineConfig, or hold it to let the others go on)"
)


@pytest.mark.parametrize(
    "status",
    [
        pytest.param(CASUALTY, id="failed after the apply"),
        pytest.param(build.working(phase=Phase.REBOOT), id="does not come back from its reboot"),
    ],
)
def test_no_healthy_node_gets_a_config_that_has_brought_another_one_down(
    status: build.Status,
) -> None:
    down = node("a", status, ready=False)

    assert decisions(down, node("b"), most=9)[1] == f"b none: {WAITS}"
    assert decisions(down, node("c", ready=False), most=9)[1] == targeted("c")


BEFORE = CASUALTY.model_copy(update={"down_before": True})


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"status": CASUALTY}, id="is Ready, and holds a slot"),
        pytest.param({"status": BEFORE, "ready": False}, id="was not Ready before"),
        pytest.param({"status": CASUALTY, "ready": False, "held": True}, id="is held"),
        pytest.param({"status": build.failed(OLD), "ready": False}, id="failed on another config"),
        pytest.param({"status": build.rolled_back(), "ready": False}, id="was rolled back"),
        pytest.param({"ready": False}, id="did not get the target"),
        pytest.param({"status": build.done(NEW), "ready": False}, id="was Done on the target"),
    ],
)
def test_a_node_that_the_target_has_not_brought_down_leaves_the_other_slots_free(
    other: dict[str, Any],
) -> None:
    assert targeted("b") in decisions(node("a", **other), node("b"), most=2)


def test_a_node_in_its_reboot_is_no_sign_of_a_bad_config() -> None:
    boots = node("a", build.working(phase=Phase.REBOOT), ready=False)
    runs = Runs(under_way=frozenset({"a"}))

    assert decisions(boots, node("b"), most=2, controller=ControllerState(runs=runs))[1] == (
        targeted("b")
    )
    again = Runs(under_way=frozenset({"a"}), not_before={"a": NOW})
    assert decisions(boots, node("b"), most=2, controller=ControllerState(runs=again))[1] == (
        f"b none: {WAITS}"
    )


def test_a_mended_config_frees_the_healthy_nodes() -> None:
    given = build.working(NEWER).model_copy(update={"down_before": True})

    assert decisions(node("a", given, ready=False), node("b"), most=2, target=NEWER)[1] == (
        targeted("b", target=NEWER)
    )
