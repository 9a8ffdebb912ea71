"""Objects that cannot be read or listed stop only the decisions that depend on them."""

from dataclasses import replace

import pytest

from controller.api.machine_config_pool import MachineConfigPool
from controller.planning.controller_state import ControllerState, Identity, Runs
from controller.planning.node import Node
from controller.planning.notices import notices
from controller.planning.plan import Plan, plan
from controller.planning.snapshot import Part, Snapshot, Unreadable
from tests.unit.planning import build
from tests.unit.planning.build import NEW, NOW, OLD, described, node
from tests.unit.rendering.build import machine_config, pool

BASE = machine_config("00-worker")
MASTER = pool("master")
EVERY_NODE = pool(nodeSelector={})
GPU_CONFIG = machine_config("50-gpu", "gpu")
GPU_LABELS = GPU_CONFIG.metadata.labels


def unreadable(kind: str, name: str, **labels: str) -> Unreadable:
    return Unreadable(kind, name, "1", labels, "spec: this is no object (fix it)")


def in_pool(name: str, of: str, config: str = OLD) -> Node:
    return node(name, build.done(config).model_copy(update={"pool": of}))


def planned(snapshot: Snapshot, controller: ControllerState | None = None) -> Plan:
    return plan(snapshot, controller or ControllerState.unknown(), "boot", NOW)


def decisions(of: Plan) -> dict[str, str]:
    groups = [*(each.decisions for each in of.pools), of.unassigned]
    return {each.node: f"{each.step}: {each.reason}" for group in groups for each in group}


def test_an_unreadable_machine_config_stops_only_the_pools_that_select_it() -> None:
    bad = Unreadable("MachineConfig", "60-bad", "1", GPU_LABELS, "spec: no object (fix it)")
    nodes = node("a"), node("b", labels={"gpu": "", "special": ""})
    pools = pool(), pool("gpu", configuration={"name": OLD})

    found = planned(Snapshot(nodes, pools, (BASE, GPU_CONFIG), unreadable=(bad,)))

    gpu, worker = found.pools
    assert gpu.problems == ("MachineConfig 60-bad cannot be read: spec: no object (fix it)",)
    assert (gpu.rendered, gpu.target) == (None, OLD)
    assert worker.rendered is not None
    assert worker.decisions[0].step == "target"


def test_an_unreadable_machine_config_of_the_worker_pool_stops_pools_that_inherit_it() -> None:
    bad = replace(unreadable("MachineConfig", "60-bad"), labels=BASE.metadata.labels)
    snapshot = Snapshot((), (pool(), pool("gpu"), MASTER), (BASE,), unreadable=(bad,))

    found = {each.name: "60-bad" in "".join(each.problems) for each in planned(snapshot).pools}

    assert found == {"gpu": True, "worker": True, "master": False}


@pytest.mark.parametrize("name", ["gpu", "worker"])
def test_the_nodes_of_an_unreadable_pool_are_left_alone(name: str) -> None:
    others: tuple[MachineConfigPool, ...] = (MASTER,) if name == "worker" else (MASTER, pool())
    bad = unreadable("MachineConfigPool", name)

    found = planned(Snapshot((in_pool("a", name),), others, (BASE,), unreadable=(bad,)))

    assert decisions(found) == {"a": f"none: {bad}"}


def test_the_worker_pool_gets_no_nodes_of_an_unreadable_custom_pool() -> None:
    nodes = in_pool("known", "worker"), node("new", build.UNKNOWN)
    bad = unreadable("MachineConfigPool", "gpu")

    found = decisions(planned(Snapshot(nodes, (pool(),), (BASE,), unreadable=(bad,))))

    assert found["known"].startswith("target")
    assert found["new"] == f"none: {bad}"


def test_an_unreadable_worker_pool_is_a_problem_of_pools_that_inherit_from_it() -> None:
    bad = unreadable("MachineConfigPool", "worker")

    (gpu,) = planned(Snapshot((), (pool("gpu"),), (GPU_CONFIG,), unreadable=(bad,))).pools

    assert gpu.problems == (f"{bad} (this pool inherits its MachineConfigs)",)


def test_the_rendered_configs_of_an_unreadable_pool_are_kept() -> None:
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
def test_without_a_disruption_policy_pools_are_rendered_and_nothing_starts(
    lacking: Snapshot, reason: str
) -> None:
    begun = node("begun", build.working())
    pools = (pool(maxUnavailable=2),)
    nodes = begun, node("a")

    found = planned(replace(lacking, nodes=nodes, pools=pools, machine_configs=(BASE,)))

    assert found.pools[0].rendered is not None
    assert set(decisions(found).values()) == {f"none: {reason}"}
    assert found.pools[0].problems == tuple(map(str, lacking.unreadable))


def test_the_control_plane_waits_while_its_pods_cannot_be_listed() -> None:
    labels = {"node-role.kubernetes.io/control-plane": ""}
    nodes = node("m", labels=labels), node("a")
    config = machine_config("00-master", "master")
    unseen = {Part.CONTROL_PLANE: "timed out"}

    snapshot = Snapshot(nodes, (pool(), MASTER), (BASE, config), unavailable=unseen)
    found = decisions(planned(snapshot))

    assert found["m"] == "none: the pods of the control plane cannot be listed: timed out"
    assert found["a"].startswith("target")


def test_the_controllers_own_node_waits_while_its_pods_cannot_be_listed() -> None:
    """Another replica may exist that can lead meanwhile."""
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


def test_a_changed_policy_restarts_runs_that_have_applied_nothing() -> None:
    early, late = (node(name, build.working(NEW)) for name in ("early", "late"))
    late = replace(late, status=late.status.model_copy(update={"applied": True}))
    target = pool(configuration={"name": NEW}, maxUnavailable=2, machineConfigSelector={})
    both = frozenset({"early", "late"})

    (found,) = planned(
        Snapshot((early, late), (target,)),
        ControllerState(runs=Runs(under_way=both, outdated=both)),
    ).pools

    assert described(found.decisions) == [
        "early cancel: the MachineConfiguration has changed: the update restarts",
        "late none: in phase Drain",
    ]


def test_unreadable_and_unselected_objects_are_reported() -> None:
    bad = unreadable("MachineConfiguration", "cluster")
    stray, rendered = machine_config("50-stray", "wrokers"), machine_config("rendered-worker-1")
    snapshot = Snapshot((), (EVERY_NODE,), (BASE, stray, rendered), unreadable=(bad,))

    found = list(notices(snapshot, planned(snapshot)))

    assert [(each.kind, each.name, each.event_reason) for each in found] == [
        ("MachineConfiguration", "cluster", "Unreadable"),
        ("MachineConfigPool", "worker", "RenderDegraded"),
        ("MachineConfig", "50-stray", "NotSelected"),
    ]


def test_a_pool_that_a_node_can_join_by_its_own_label_is_reported() -> None:
    snapshot = Snapshot((), (EVERY_NODE, pool("gpu")), (BASE,))

    [found] = notices(snapshot, planned(snapshot))

    assert (found.kind, found.name) == ("MachineConfigPool", "gpu")
    assert found.event_reason == "RenderWarning"
    assert "a kubelet can set the label gpu on its own Node, and so join this pool" in found.message


def test_an_unreadable_pool_may_select_any_machine_config() -> None:
    bad = unreadable("MachineConfigPool", "gpu")
    snapshot = Snapshot((), (EVERY_NODE,), (BASE, GPU_CONFIG), unreadable=(bad,))

    assert [each.name for each in notices(snapshot, planned(snapshot))] == ["gpu"]
