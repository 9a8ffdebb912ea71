"""A control plane node is taken down only while the others are known to keep the quorum."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from controller.api.control_plane import ControlPlane
from controller.api.machine_config_node import Requests
from controller.api.machine_config_pool import MachineConfigPool
from controller.planning.control_plane_facts import ControlPlaneFacts, StaticPod
from controller.planning.controller_state import ControllerState
from controller.planning.node import Node
from controller.planning.node_status import on_done, on_targeted, with_pods_before
from controller.planning.rollout.decide import decide
from controller.planning.rollout.decision import Decision
from controller.planning.rollout.view import Context
from tests.unit.planning.build import NEW, NOW, done, failed, node, working
from tests.unit.planning.rollout.build import targeted
from tests.unit.rendering.build import pool

HEALTHY = ControlPlaneFacts()
OF_A, OF_B, OF_C = "192.0.2.1", "192.0.2.2", "192.0.2.3"
ALL = frozenset({OF_A, OF_B, OF_C})
LONG_AGO = NOW - timedelta(hours=1)
VIRTUAL = frozenset({"192.0.2.100"})


def etcd(name: str, *, ready: bool = True, digest: str = "1") -> StaticPod:
    """Return the static pod of an etcd member."""
    return StaticPod(f"etcd-{name}", "etcd", ready, digest)


def master(name: str, age: int = 1, address: str = "", **fields: Any) -> Node:  # noqa: ANN401 - any field of a Node
    """Return a healthy control plane node, as kubeadm makes it."""
    pods = {"static_pods": (etcd(name),), "internal_ips": (address,)}
    return node(name, age=age, **(pods | fields))


A, B, C = master("a", 9, OF_A), master("b", 8, OF_B), master("c", 7, OF_C)


def masters(had: int | None = None, **described: object) -> MachineConfigPool:
    """Return the pool, which `had` this many nodes once, as an administrator has `described` it."""
    of = pool(name="master")
    spec = of.spec.model_copy(update={"control_plane": ControlPlane.model_validate(described)})
    status = of.status.model_copy(update={"control_plane_nodes": had})
    return of.model_copy(update={"spec": spec, "status": status})


def of_a(
    *members: Node, of: MachineConfigPool | None = None, facts: ControlPlaneFacts | None = HEALTHY
) -> Decision:
    """Return the decision for the node `a`."""
    context = Context(ControllerState.unknown(), NOW, control_plane=facts)
    found = decide(of or masters(), members, NEW, context)
    return next(each for each in found if each.node == "a")


def shown(decision: Decision) -> str:
    """Return a decision without the remedy, as users read it."""
    return f"{decision.node} {decision.step}: {decision.reason}".partition(" (")[0]


BEGINS = targeted("a")
UNSEEN = "a none: no etcd is seen on the control plane nodes, so that its quorum is unknown"
MISSING = (
    "a none: 1 of 3 control plane nodes is missing, and may still count for the quorum of etcd"
)
NO_PODS = tuple(replace(each, static_pods=()) for each in (A, B, C))
K3S = tuple(replace(each, static_pods=(), etcd_voter=True) for each in (A, B, C))


@pytest.mark.parametrize(
    ("members", "of", "expected"),
    [
        pytest.param((A, B, C), masters(), BEGINS, id="three healthy ones"),
        pytest.param((A,), masters(), BEGINS, id="one has nothing to wait for"),
        pytest.param(NO_PODS[:1], masters(), BEGINS, id="one without a visible etcd"),
        pytest.param((A, B), masters(), BEGINS, id="two healthy ones"),
        pytest.param((A, B), masters(had=3), MISSING, id="one of three is missing"),
        pytest.param((A, B), masters(nodes=3), MISSING, id="one of three declared is missing"),
        pytest.param((A, B), masters(had=3, nodes=2), BEGINS, id="its removal was said"),
        pytest.param((A, B, C), masters(had=2), BEGINS, id="one more than ever before"),
        pytest.param(NO_PODS, masters(), UNSEEN, id="no etcd is seen"),
        pytest.param(NO_PODS, masters(etcd="External"), BEGINS, id="etcd is elsewhere"),
        pytest.param(NO_PODS, masters(etcd="None"), BEGINS, id="there is no etcd"),
        pytest.param(K3S, masters(), BEGINS, id="k3s reports its members"),
        pytest.param(
            (A, NO_PODS[1], C),
            masters(),
            "a none: waits for b: no etcd is seen there",
            id="one etcd is not seen",
        ),
        pytest.param(
            NO_PODS,
            masters(etcd="Stacked"),
            "a none: waits for b, c: no etcd is seen there",
            id="no etcd is seen where it should be",
        ),
        pytest.param(
            (A, replace(B, static_pods=(etcd("b", ready=False),)), C),
            masters(),
            "a none: waits for b: etcd-b not ready",
            id="one etcd is not ready",
        ),
    ],
)
def test_a_node_waits_unless_the_others_are_known_to_be_there(
    members: tuple[Node, ...], of: MachineConfigPool, expected: str
) -> None:
    assert shown(of_a(*members, of=of)) == expected


@pytest.mark.parametrize(
    ("servers", "expected"),
    [
        pytest.param(ALL, BEGINS, id="all answer"),
        pytest.param(ALL - {OF_A}, BEGINS, id="its own does not answer"),
        pytest.param(VIRTUAL, BEGINS, id="all share a virtual address"),
        pytest.param(frozenset(), BEGINS, id="none is published"),
        pytest.param(
            ALL - {OF_B},
            "a none: 1 of 2 other API servers are endpoints of the Service kubernetes",
            id="another one does not answer",
        ),
        pytest.param(
            {OF_A},
            "a none: 0 of 2 other API servers are endpoints of the Service kubernetes",
            id="no other one answers",
        ),
        pytest.param(
            ALL | {"192.0.2.4"},
            "a none: there are 4 API servers, and 3 control plane nodes",
            id="one is on a node that is missing",
        ),
    ],
)
def test_a_node_waits_for_the_other_api_servers(servers: frozenset[str], expected: str) -> None:
    facts = ControlPlaneFacts(frozenset(servers))

    assert shown(of_a(A, B, C, facts=facts)) == expected


def test_a_node_waits_while_the_api_server_cannot_use_its_etcd() -> None:
    facts = ControlPlaneFacts(failing=("etcd",))

    assert shown(of_a(A, B, C, facts=facts)) == (
        "a none: the API server cannot use its etcd: etcd fails in /readyz"
    )


def test_a_wait_that_only_a_user_can_end_says_how() -> None:
    decision = of_a(*NO_PODS)

    assert decision.needs_user
    assert "kubectl patch mcp master" in decision.reason
    assert "kubectl annotate node NODE" in decision.reason
    assert not of_a(A, replace(B, ready=False), C).needs_user


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"ready": False, "unready_since": LONG_AGO}, id="not Ready"),
        pytest.param({"pressured": True}, id="under pressure"),
        pytest.param({"static_pods": (etcd("x", ready=False),)}, id="etcd is not ready"),
    ],
)
def test_of_two_nodes_that_are_not_healthy_each_waits_and_says_how_a_user_ends_that(
    fields: dict[str, Any],
) -> None:
    found = of_a(replace(A, **fields), replace(B, **fields), C)

    assert found.needs_user
    assert "kubectl annotate node NODE" in found.reason


def test_a_user_can_let_one_node_pass_whatever_the_others_are() -> None:
    asked = replace(A, requests=Requests(without_quorum="1"))
    lost = replace(B, ready=False, held=True)
    used = replace(
        asked, status=asked.status.model_copy(update={"answered": Requests(without_quorum="1")})
    )

    assert shown(of_a(asked, lost, C)) == BEGINS
    assert shown(of_a(asked, *NO_PODS[1:])) == BEGINS
    assert shown(of_a(used, lost, C)) == "a none: waits for b: budget 1 of 1 in use"


def test_a_user_cannot_let_two_nodes_reboot_at_once() -> None:
    asked = replace(A, requests=Requests(without_quorum="1"))
    rebooting = replace(B, status=working().model_copy(update={"applied": True}))

    assert shown(of_a(asked, rebooting, C)) == "a none: waits for b: budget 1 of 1 in use"


def test_a_node_that_is_down_itself_waits_too_since_its_etcd_may_be_needed() -> None:
    down = replace(A, unschedulable=True, cordoned_by_controller=True)
    drains = replace(down, status=working())
    again = replace(down, status=on_targeted(failed(), "master", NEW, NOW))
    lost = replace(B, ready=False)
    waits = "a none: waits for b: control plane node is not healthy"

    assert shown(of_a(drains, lost, C)) == waits
    assert shown(of_a(again, lost, C)) == waits


def test_a_node_with_an_applied_config_finishes_whatever_the_others_are() -> None:
    applied = replace(A, status=working().model_copy(update={"applied": True}))

    assert shown(of_a(applied, replace(B, ready=False), C)) == "a run: update continues"


def test_after_a_reboot_a_pod_counts_once_it_has_started_again() -> None:
    begun = with_pods_before(on_targeted(done(), "master", NEW, NOW), B.static_pods)
    rebooted = replace(B, status=on_done(begun, "boot-2", NOW, rebooted=True))
    in_place = replace(B, status=on_done(begun, "boot-1", NOW))
    started = replace(rebooted, static_pods=(etcd("b", digest="2"),))

    assert shown(of_a(A, rebooted, C)) == "a none: waits for b: etcd-b not started since the reboot"
    assert shown(of_a(A, started, C)) == BEGINS
    assert shown(of_a(A, in_place, C)) == BEGINS


def test_a_reboot_for_an_earlier_config_is_remembered_until_one_is_verified() -> None:
    first = with_pods_before(on_targeted(done(), "master", "bad", NOW), B.static_pods)
    second = on_targeted(first.model_copy(update={"applied": True}), "master", NEW, NOW)
    after_boot = with_pods_before(second, (etcd("b", digest="2"),))

    assert after_boot.pods_before_boot == ("etcd-b/1",)
