"""What cannot be read or listed is told, and keeps back what rests on it and nothing else."""

from dataclasses import replace

import pytest

from controller.api.machine_config_pool import MachineConfigPool
from controller.planning.controller_state import ControllerState, Identity, Runs
from controller.planning.node import Node
from controller.planning.notices import notices
from controller.planning.plan import Plan, plan
from controller.planning.snapshot import Part, Snapshot, Unreadable
from tests.unit.planning import build
from tests.unit.planning.build import NEW, NOW, OLD, node, words
from tests.unit.rendering.build import machine_config, pool

BASE = machine_config("00-worker")
MASTER = pool("master")
# No label of a node decides on it.
EVERY_NODE = pool(nodeSelector={})
GPU_CONFIG = machine_config("50-gpu", "gpu")
GPU_LABELS = GPU_CONFIG.metadata.labels


def unreadable(kind: str, name: str, **labels: str) -> Unreadable:
    return Unreadable(kind, name, "1", labels, "spec: this is no object (fix it)")


def in_pool(name: str, of: str, config: str = OLD) -> Node:
    return node(name, build.done(config).model_copy(update={"pool": of}))


def planned(snapshot: Snapshot, runs: ControllerState | None = None) -> Plan:
    return plan(snapshot, runs or ControllerState.unknown(), "boot", NOW)


def decisions(of: Plan) -> dict[str, str]:
    groups = [*(each.decisions for each in of.pools), of.unassigned]
    return {each.node: f"{each.step}: {each.reason}" for group in groups for each in group}


def test_a_machine_config_that_cannot_be_read_stops_the_pools_that_select_it_alone() -> None:
    bad = Unreadable("MachineConfig", "60-bad", "1", GPU_LABELS, "spec: no object (fix it)")
    nodes = node("a"), node("b", labels={"gpu": "", "special": ""})
    pools = pool(), pool("gpu", configuration={"name": OLD})

    found = planned(Snapshot(nodes, pools, (BASE, GPU_CONFIG), unreadable=(bad,)))

    gpu, worker = found.pools
    assert gpu.problems == ("MachineConfig 60-bad cannot be read: spec: no object (fix it)",)
    assert (gpu.rendered, gpu.target) == (None, OLD)
    assert worker.rendered is not None
    assert worker.decisions[0].step == "target"


def test_what_the_worker_pool_selects_and_nobody_can_read_stops_those_that_inherit_it() -> None:
    bad = replace(unreadable("MachineConfig", "60-bad"), labels=BASE.metadata.labels)
    snapshot = Snapshot((), (pool(), pool("gpu"), MASTER), (BASE,), unreadable=(bad,))

    found = {each.name: "60-bad" in "".join(each.problems) for each in planned(snapshot).pools}

    assert found == {"gpu": True, "worker": True, "master": False}


@pytest.mark.parametrize("name", ["gpu", "worker"])
def test_the_nodes_of_a_pool_that_cannot_be_read_are_left_as_they_are(name: str) -> None:
    others: tuple[MachineConfigPool, ...] = (MASTER,) if name == "worker" else (MASTER, pool())
    bad = unreadable("MachineConfigPool", name)

    found = planned(Snapshot((in_pool("a", name),), others, (BASE,), unreadable=(bad,)))

    assert decisions(found) == {"a": f"none: {bad}"}


def test_while_a_custom_pool_cannot_be_read_the_worker_pool_takes_no_node_that_may_be_its() -> None:
    nodes = in_pool("known", "worker"), node("new", build.UNKNOWN)
    bad = unreadable("MachineConfigPool", "gpu")

    found = decisions(planned(Snapshot(nodes, (pool(),), (BASE,), unreadable=(bad,))))

    assert found["known"].startswith("target")
    assert found["new"] == f"none: {bad}"


def test_a_pool_whose_worker_pool_cannot_be_read_says_so() -> None:
    bad = unreadable("MachineConfigPool", "worker")

    (gpu,) = planned(Snapshot((), (pool("gpu"),), (GPU_CONFIG,), unreadable=(bad,))).pools

    assert gpu.problems == (f"{bad} (this pool inherits its MachineConfigs)",)


def test_nothing_rendered_is_deleted_of_a_pool_that_cannot_be_read() -> None:
    rendered = [machine_config(f"rendered-gpu-{number}") for number in range(9)]
    bad = unreadable("MachineConfigPool", "gpu")

    assert planned(Snapshot((), (), (*rendered,))).unreferenced
    assert planned(Snapshot((), (), (*rendered,), unreadable=(bad,))).unreferenced == ()


@pytest.mark.parametrize(
    ("lacking", "reason"),
    [
        pytest.param(
            Snapshot(unreadable=(unreadable("MachineConfiguration", "cluster"),)),
            "MachineConfiguration cluster cannot be read: spec: this is no object (fix it)",
            id="unreadable",
        ),
        pytest.param(
            Snapshot(unavailable={Part.POLICY: "timed out"}),
            "the MachineConfiguration cannot be listed: timed out",
            id="not listed",
        ),
    ],
)
def test_without_knowing_what_a_change_may_disturb_none_is_begun_and_pools_are_rendered(
    lacking: Snapshot, reason: str
) -> None:
    begun = node("begun", build.working())
    pools = (pool(maxUnavailable=2),)
    nodes = begun, node("a")

    found = planned(replace(lacking, nodes=nodes, pools=pools, machine_configs=(BASE,)))

    assert found.pools[0].rendered is not None
    assert set(decisions(found).values()) == {f"none: {reason}"}
    assert found.pools[0].problems == tuple(map(str, lacking.unreadable))


def test_while_the_pods_of_the_control_plane_cannot_be_listed_its_nodes_wait() -> None:
    labels = {"node-role.kubernetes.io/control-plane": ""}
    nodes = node("m", labels=labels), node("a")
    config = machine_config("00-master", "master")
    unseen = {Part.CONTROL_PLANE: "timed out"}

    snapshot = Snapshot(nodes, (pool(), MASTER), (BASE, config), unavailable=unseen)
    found = decisions(planned(snapshot))

    assert found["m"] == "none: the pods of the control plane cannot be listed: timed out"
    assert found["a"].startswith("target")


def test_while_the_pods_of_the_controller_cannot_be_listed_its_own_node_waits() -> None:
    """Another replica may be there that can lead meanwhile."""
    nodes = node("own"), node("a")
    pools = (pool(maxUnavailable=2),)
    unseen = {Part.CONTROLLERS: "timed out"}

    found = decisions(
        planned(
            Snapshot(nodes, pools, (BASE,), unavailable=unseen),
            ControllerState(identity=Identity(node="own")),
        )
    )

    assert found["own"] == "none: the pods of the controller cannot be listed: timed out"
    assert found["a"].startswith("target")


def test_a_run_of_another_policy_that_has_applied_nothing_begins_again_by_the_new_one() -> None:
    early, late = (node(name, build.working(NEW)) for name in ("early", "late"))
    late = replace(late, status=late.status.model_copy(update={"applied": True}))
    target = pool(configuration={"name": NEW}, maxUnavailable=2, machineConfigSelector={})
    both = frozenset({"early", "late"})

    (found,) = planned(
        Snapshot((early, late), (target,)),
        ControllerState(runs=Runs(under_way=both, outdated=both)),
    ).pools

    assert words(found.decisions) == [
        "early cancel: the MachineConfiguration has changed: the update restarts",
        "late none: in phase Drain",
    ]


def test_people_are_told_of_objects_that_cannot_be_read_or_that_no_pool_selects() -> None:
    bad = unreadable("MachineConfiguration", "cluster")
    stray, rendered = machine_config("50-stray", "wrokers"), machine_config("rendered-worker-1")
    snapshot = Snapshot((), (EVERY_NODE,), (BASE, stray, rendered), unreadable=(bad,))

    found = list(notices(snapshot, planned(snapshot)))

    assert [(each.kind, each.name, each.event_reason) for each in found] == [
        ("MachineConfiguration", "cluster", "Unreadable"),
        ("MachineConfigPool", "worker", "RenderDegraded"),
        ("MachineConfig", "50-stray", "NotSelected"),
    ]


def test_people_are_told_of_a_pool_that_a_node_can_label_itself_into() -> None:
    snapshot = Snapshot((), (EVERY_NODE, pool("gpu")), (BASE,))

    [found] = notices(snapshot, planned(snapshot))

    assert (found.kind, found.name) == ("MachineConfigPool", "gpu")
    assert found.event_reason == "RenderWarning"
    assert "a node can join this pool and receive its files by a label (gpu)" in found.message


def test_a_pool_that_cannot_be_read_may_select_any_machine_config() -> None:
    bad = unreadable("MachineConfigPool", "gpu")
    snapshot = Snapshot((), (EVERY_NODE,), (BASE, GPU_CONFIG), unreadable=(bad,))

    assert [each.name for each in notices(snapshot, planned(snapshot))] == ["gpu"]
