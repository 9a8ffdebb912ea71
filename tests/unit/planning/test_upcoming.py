"""Nodes that wait for other nodes or for time are listed in the order of their updates."""

from datetime import timedelta
from typing import Any

import pytest

from controller.api import names
from controller.api.defaults import POOLS
from controller.api.machine_config_pool import MachineConfigPool
from controller.planning.controller_state import ControllerState, Limits, Runs
from controller.planning.node import Node
from controller.planning.pool_plan import PoolPlan
from controller.planning.rollout import gates
from controller.planning.rollout.decide import decide
from controller.planning.rollout.decision import Step, Wait
from controller.planning.rollout.view import Context, PoolView
from controller.planning.upcoming import upcoming
from tests.unit.planning.build import NEW, NEWER, NOW, UNKNOWN, done, drifted, failed, node, working

MASTER, WORKER = POOLS
LATER = NOW + timedelta(minutes=1)


def order(
    *members: Node, pool: MachineConfigPool = WORKER, controller: ControllerState | None = None
) -> list[str]:
    """Return the names of the waiting nodes in order."""
    known = controller or ControllerState.unknown()
    decisions = decide(pool, members, NEW, Context(known, LATER))
    planned = PoolPlan(pool, None, (), NEW, members, decisions)
    return [each.node for each in upcoming(planned, known, LATER)]


def test_the_oldest_waiting_node_comes_next() -> None:
    assert order(node("w-1"), node("w-2"), node("w-3")) == ["w-2", "w-3"]


def test_a_failed_node_comes_before_healthy_ones() -> None:
    busy = node("w-0", working())

    assert order(busy, node("w-1"), node("w-2", failed(NEWER))) == ["w-2", "w-1"]


def test_a_new_node_waits_like_the_others() -> None:
    assert order(node("w-0", working()), node("w-1", UNKNOWN)) == ["w-1"]


@pytest.mark.parametrize(
    "stays",
    [
        pytest.param({"status": done(NEW)}, id="up to date"),
        pytest.param({"status": drifted()}, id="drifted"),
        pytest.param({"unschedulable": True}, id="cordoned by an administrator"),
        pytest.param({"held": True}, id="held by an administrator"),
        pytest.param({"ready": False}, id="not Ready"),
    ],
)
def test_a_node_that_needs_a_user_is_not_listed(stays: dict[str, Any]) -> None:
    assert "w-1" not in order(node("w-0", working()), node("w-1", **stays))


def test_a_paused_pool_lists_no_node() -> None:
    spec = WORKER.spec.model_copy(update={"paused": True})

    assert order(node("w-1"), node("w-2"), pool=WORKER.model_copy(update={"spec": spec})) == []


def test_a_failed_node_waits_for_time_alone_and_comes_first() -> None:
    resting = ControllerState(limits=Limits(failure_backoff=timedelta(minutes=5)))

    assert order(node("w-1"), node("w-2", failed(NEW)), controller=resting) == ["w-2", "w-1"]


def test_a_node_waits_for_time_whichever_gate_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    def closed_for(minutes: int) -> gates.Gate:
        until = LATER + timedelta(minutes=minutes)

        def gate(_node: Node, view: PoolView) -> Wait | None:
            return Wait("the window is closed", until) if view.context.now < until else None

        return gate

    def closed_for_good(node: Node, _view: PoolView) -> Wait | None:
        return Wait("closed for good") if node.name == "w-2" else None

    closed = (closed_for(5), closed_for(9), closed_for_good)
    monkeypatch.setattr(gates, "STARTING", (*gates.STARTING, *closed))

    assert order(node("w-1"), node("w-2"), node("w-3", failed(NEW))) == ["w-3", "w-1"]


def test_control_plane_nodes_wait_until_all_are_healthy() -> None:
    labels = {names.CONTROL_PLANE_NODE_LABEL: ""}
    ill, well = node("m-1", done(NEW), labels=labels, ready=False), node("m-2", labels=labels)

    assert order(ill, well, pool=MASTER) == ["m-2"]


def test_a_node_with_a_run_is_not_listed_and_the_next_decision_is_known() -> None:
    busy, waiting = node("w-0", working()), node("w-1")
    controller = ControllerState(runs=Runs(under_way=frozenset({"w-0"})))
    planned = PoolPlan(
        WORKER,
        None,
        (),
        NEW,
        (busy, waiting),
        decide(WORKER, (busy, waiting), NEW, Context(controller, LATER)),
    )

    [then] = upcoming(planned, controller, LATER)

    assert (then.node, then.step, then.config) == ("w-1", Step.TARGET, NEW)
    assert then.reason == "update from rendered-worker-old to rendered-worker-new"
