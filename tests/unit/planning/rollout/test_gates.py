"""A gate holds a node back with a reason, and the first one in the order decides."""

from datetime import timedelta
from pathlib import Path

from controller.api.names import CONTROL_PLANE_NODE_LABEL
from controller.planning.control_plane_facts import StaticPod
from controller.planning.controller_state import ControllerState, Identity, Runs
from controller.planning.node import Node
from controller.planning.rollout import gates
from controller.planning.rollout.decide import decide
from controller.planning.rollout.decision import Step
from controller.planning.rollout.view import Context
from tests.unit.planning.build import NEW, NOW, described, node
from tests.unit.planning.rollout.build import decisions, targeted
from tests.unit.rendering.build import pool

MASTER = pool(name="master")
LATER = NOW + timedelta(seconds=30)


def control_plane(*others: Node) -> str:
    """Return the decision for the first of several control plane nodes."""
    labels = {CONTROL_PLANE_NODE_LABEL: ""}
    members = (node("a", labels=labels, age=9), *others)
    found = decide(MASTER, members, NEW, Context(ControllerState.unknown(), NOW))
    return described(list(found))[0]


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
