"""A pool counts its nodes by their progress, and its conditions name the ones with problems."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from controller.api.control_plane import ControlPlane
from controller.api.machine_config_node import Phase
from controller.api.machine_config_pool import (
    MachineConfigPool,
    MachineConfigPoolStatus,
    PoolConfiguration,
)
from controller.api.meta import Condition
from controller.planning import node_status
from controller.planning.controller_state import ControllerState
from controller.planning.node import Node
from controller.planning.pool_plan import PoolPlan
from controller.planning.pool_status import pool_status
from controller.planning.rollout.decide import decide
from controller.planning.rollout.view import Context
from tests.unit.planning import build
from tests.unit.planning.build import NEW, NOW, OLD, node
from tests.unit.rendering.build import pool

LATER = NOW + timedelta(hours=1)
BROKEN = (
    "50-motd: spec.config.storage.links: not supported "
    "(remove it; for a link that enables a unit, set `enabled: true` on the unit)"
)


def status(
    *members: Node,
    problems: Sequence[str] = (),
    before: MachineConfigPoolStatus | None = None,
    configuration: PoolConfiguration | None = None,
) -> MachineConfigPoolStatus:
    """Return the status of a pool of these members, on its way to NEW."""
    of = pool().model_copy(update={"status": before or MachineConfigPoolStatus()})
    return pool_status(of, members, configuration or build.configuration(NEW), problems, NOW)


def condition(found: MachineConfigPoolStatus, condition_type: str) -> Condition:
    known = found.condition(condition_type)
    assert known is not None
    return known


def conditions(found: MachineConfigPoolStatus) -> dict[str, tuple[str, str]]:
    return {each.type: (each.status, each.message) for each in found.conditions}


UPDATED = node("updated", build.done(NEW))
CORDONED = node("cordoned", build.done(NEW), unschedulable=True)
BEHIND = node("behind")
HELD = node("held", held=True)
WORKING = node("working", build.working(phase=Phase.REBOOT), ready=False)
FAILED = node("failed", build.failed(), unschedulable=True)
DRIFTED = node("drifted", build.drifted(NEW))
NEW_NODE = node("new", build.UNKNOWN)


@pytest.mark.parametrize(
    ("member", "updated", "ready", "unavailable", "degraded"),
    [
        pytest.param(UPDATED, 1, 1, 0, 0, id="done"),
        pytest.param(CORDONED, 1, 0, 1, 0, id="done, and cordoned by an administrator"),
        pytest.param(BEHIND, 0, 0, 0, 0, id="not updated yet"),
        pytest.param(HELD, 0, 0, 0, 0, id="held"),
        pytest.param(WORKING, 0, 0, 1, 0, id="in an update"),
        pytest.param(FAILED, 0, 0, 1, 1, id="failed"),
        pytest.param(DRIFTED, 0, 0, 0, 1, id="drifted"),
        pytest.param(NEW_NODE, 0, 0, 0, 0, id="new"),
        pytest.param(node("behind", ready=False), 0, 0, 1, 0, id="not Ready"),
        pytest.param(node("behind", pressured=True), 0, 0, 1, 0, id="under pressure"),
        pytest.param(node("early", build.working(phase=Phase.IDLE)), 0, 0, 1, 0, id="targeted"),
    ],
)
def test_a_node_is_counted_by_its_progress(
    member: Node, updated: int, ready: int, unavailable: int, degraded: int
) -> None:
    found = status(member, UPDATED)

    assert found.machine_count == 2
    assert found.updated_machine_count == updated + 1
    assert found.ready_machine_count == ready + 1
    assert found.unavailable_machine_count == unavailable
    assert found.degraded_machine_count == degraded


def test_a_pool_whose_nodes_all_run_the_target_is_only_updated() -> None:
    assert conditions(status(UPDATED)) == {
        "Updated": ("True", f"1 of 1 nodes are on {NEW}"),
        "Updating": ("False", ""),
        "NodeDegraded": ("False", ""),
        "RenderDegraded": ("False", ""),
        "Degraded": ("False", ""),
    }


def test_each_condition_names_its_nodes_and_machine_configs() -> None:
    members = UPDATED, BEHIND, WORKING, node("stuck", build.blocked()), FAILED, DRIFTED
    degraded = "failed: Verify failed: no route (fix it); drifted: drift: /etc/motd (content)"

    assert conditions(status(*members, problems=[BROKEN])) == {
        "Updated": ("False", f"1 of 6 nodes are on {NEW}"),
        "Updating": (
            "True",
            "working: Reboot; stuck: drain waits: shop/cart-0 (PodDisruptionBudget cart)",
        ),
        "NodeDegraded": ("True", degraded),
        "RenderDegraded": ("True", BROKEN),
        "Degraded": ("True", f"{BROKEN}; {degraded}"),
    }


@pytest.mark.parametrize("problems", [[], [BROKEN]])
@pytest.mark.parametrize("members", [[UPDATED], [DRIFTED], [FAILED, UPDATED]])
def test_degraded_is_node_degraded_or_render_degraded(
    members: list[Node], problems: list[str]
) -> None:
    found = conditions(status(*members, problems=problems))

    parts = found["NodeDegraded"][0], found["RenderDegraded"][0]
    assert found["Degraded"][0] == ("True" if "True" in parts else "False")


def test_a_cordon_by_an_administrator_changes_neither_updated_nor_updating() -> None:
    assert conditions(status(CORDONED)) == conditions(status(UPDATED))


def test_a_pool_without_a_config_is_not_updated() -> None:
    found = pool_status(pool(), [BEHIND], None, [BROKEN], NOW)

    assert conditions(found)["Updated"] == ("False", "0 of 1 nodes are on no config")
    assert found.configuration is None


def test_a_message_never_exceeds_the_limit_of_the_api_server() -> None:
    long = node_status.on_failed(build.working(), Phase.APPLY, "x" * 900, "", NOW)

    found = status(*(node(f"n{number}", long) for number in range(60)))

    assert MachineConfigPoolStatus.model_validate(found.to_api()) == found


BEFORE = MachineConfigPoolStatus(configuration=build.configuration(OLD))


@pytest.mark.parametrize(
    "member", [BEHIND, HELD, WORKING, FAILED, DRIFTED, NEW_NODE], ids=lambda each: each.name
)
def test_the_configuration_in_the_status_stays_until_every_node_is_done(member: Node) -> None:
    assert status(UPDATED, member, before=BEFORE).configuration == BEFORE.configuration


def test_the_last_node_changes_the_configuration_in_the_status() -> None:
    assert status(UPDATED, CORDONED, before=BEFORE).configuration == (build.configuration(NEW))


def test_a_pool_without_nodes_is_updated() -> None:
    found = status(before=BEFORE)

    assert found.configuration == build.configuration(NEW)
    assert conditions(found)["Updated"] == ("True", f"0 of 0 nodes are on {NEW}")


def again(before: MachineConfigPoolStatus, *members: Node) -> MachineConfigPoolStatus:
    of = pool().model_copy(update={"status": before})
    return pool_status(of, members, build.configuration(NEW), [], LATER)


def test_the_same_nodes_give_the_same_status() -> None:
    before = status(BEHIND, UPDATED)

    assert again(before, BEHIND, UPDATED) == before


def test_a_new_message_keeps_the_transition_time() -> None:
    found = again(status(WORKING, BEHIND), node("other", build.working()), BEHIND)

    assert condition(found, "Updating").message == "other: Drain"
    assert condition(found, "Updating").last_transition_time == NOW


def test_a_transition_changes_the_time_of_its_own_condition_alone() -> None:
    found = again(status(BEHIND, UPDATED), WORKING, UPDATED)

    moved = {each.type for each in found.conditions if each.last_transition_time == LATER}
    assert moved == {"Updating"}


def test_the_observed_generation_is_that_of_the_pool() -> None:
    of = pool()
    metadata = of.metadata.model_copy(update={"generation": 7})
    seen: MachineConfigPool = of.model_copy(update={"metadata": metadata})

    assert pool_status(seen, [], None, [], NOW).observed_generation == 7


def test_the_work_for_a_large_pool_grows_with_its_nodes_and_not_with_their_square() -> None:
    compared: list[str] = []

    class Watched(Node):
        def __eq__(self, other: object) -> bool:
            compared.append(self.name)
            return self is other

        __hash__ = Node.__hash__

    ordinary = vars(UPDATED)
    status(*(Watched(**ordinary | {"name": f"n{number}"}) for number in range(100)))

    assert len(compared) <= 100


@pytest.mark.parametrize(
    ("spec", "members", "reason", "words"),
    [
        pytest.param({}, [UPDATED], "Updated", "", id="updated"),
        pytest.param({}, [BEHIND], "NotUpdated", "", id="not updated yet"),
        pytest.param({"paused": True}, [BEHIND], "Paused", "; the pool is paused", id="paused"),
        pytest.param(
            {"paused": True}, [UPDATED], "Paused", "; the pool is paused", id="paused and updated"
        ),
        pytest.param(
            {}, [BEHIND, HELD], "NodesHeld", "; held by an administrator: held", id="held"
        ),
        pytest.param(
            {"paused": True},
            [HELD],
            "Paused",
            "; the pool is paused; held by an administrator: held",
            id="both",
        ),
    ],
)
def test_a_stopped_rollout_is_the_reason_of_updated(
    spec: dict[str, Any], members: Sequence[Node], reason: str, words: str
) -> None:
    target = build.configuration(NEW)

    found = condition(pool_status(pool(**spec), members, target, (), NOW), "Updated")

    assert found.reason == reason
    assert found.message.partition(NEW)[2] == words


def waiting(*members: Node) -> Condition:
    """Return the condition Updated of a pool of these members, with the decisions for them."""
    decided = decide(pool(), members, NEW, Context(ControllerState.unknown(), NOW))
    waits = PoolPlan(pool(), None, (), NEW, members, decided).waits
    found = pool_status(pool(), members, build.configuration(NEW), (), NOW, waits)
    return condition(found, "Updated")


def test_a_pool_in_which_no_node_can_begin_says_why() -> None:
    down = node("down", build.done(NEW), ready=False)

    found = waiting(down, node("a"), node("b"), node("c", unschedulable=True))

    assert (found.status, found.reason) == ("False", "Waiting")
    assert found.message == (
        f"1 of 4 nodes are on {NEW}"
        "; a, b: waits for c, down: budget 2 of 1 in use"
        "; c: cordoned by an administrator"
        "; not Ready: down"
    )


def test_a_pool_that_makes_progress_says_for_whom_the_others_wait() -> None:
    found = waiting(WORKING, node("a"))

    assert (found.status, found.reason) == ("False", "NotUpdated")
    assert found.message == (
        f"0 of 2 nodes are on {NEW}; a: waits for working: budget 1 of 1 in use; not Ready: working"
    )


def test_an_updated_pool_does_not_wait_for_a_node_that_is_down() -> None:
    found = waiting(node("down", build.done(NEW), ready=False))

    assert (found.status, found.message) == ("True", f"1 of 1 nodes are on {NEW}")


def test_a_pool_that_waits_for_a_user_says_so_in_its_column_reason() -> None:
    found = pool_status(pool(name="master"), [node("c-1")], None, [], NOW, {}, ["etcd is unknown"])

    [updated] = [each for each in found.conditions if each.type == "Updated"]
    assert updated.reason == "NeedsUser"
    assert updated.message.endswith("etcd is unknown")


def test_the_highest_number_of_control_plane_nodes_is_remembered() -> None:
    def remembered(of: MachineConfigPool, *members: str) -> int | None:
        return pool_status(of, list(map(node, members)), None, [], NOW).control_plane_nodes

    def after(number: int, nodes: int | None = None) -> MachineConfigPool:
        of = pool(name="master")
        status = of.status.model_copy(update={"control_plane_nodes": number})
        spec = of.spec.model_copy(update={"control_plane": ControlPlane(nodes=nodes)})
        return of.model_copy(update={"status": status, "spec": spec})

    assert remembered(pool(name="master"), "c-1", "c-2") == 2
    assert remembered(after(3), "c-1", "c-2") == 3
    assert remembered(after(3, nodes=2), "c-1", "c-2") == 2
    assert remembered(pool(name="worker"), "w-1") is None
