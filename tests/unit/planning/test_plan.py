"""A plan covers all pools, and its rules hold across them."""

from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from controller.api.machine_config_node import Phase
from controller.api.machine_config_pool import MachineConfigPool
from controller.planning import node_status
from controller.planning.controller_state import ControllerState, Identity, Limits, Runs
from controller.planning.node import Node
from controller.planning.plan import plan
from controller.planning.pool_plan import PoolPlan
from controller.planning.snapshot import Snapshot
from tests.unit.planning import build
from tests.unit.planning.build import NOW, described, node
from tests.unit.rendering.build import machine_config, pool

BASE = machine_config("00-worker")
MOTD = machine_config("50-motd", storage={"files": [{"path": "/etc/motd"}]})
GPU = machine_config("50-gpu", "gpu", systemd={"units": [{"name": "gpu.service"}]})
BROKEN = machine_config("90-links", storage={"links": [{"path": "/a/b", "target": "/c"}]})


def planned(snapshot: Snapshot, controller: ControllerState | None = None) -> dict[str, PoolPlan]:
    return {
        each.name: each
        for each in plan(snapshot, controller or ControllerState.unknown(), "boot", NOW).pools
    }


def with_target(name: str, **spec: Any) -> MachineConfigPool:  # noqa: ANN401 - as build.pool
    return pool(configuration={"name": name}, **spec)


def test_the_target_is_rendered_from_the_machine_configs_of_the_pool() -> None:
    found = planned(Snapshot((node("a"),), (with_target(build.OLD),), (MOTD, BASE)))["worker"]

    assert found.rendered is not None
    assert found.target == found.rendered.name
    assert found.rendered.sources == ("00-worker", "50-motd")
    assert described(found.decisions) == [f"a target: update from {build.OLD} to {found.target}"]


def test_a_pool_that_cannot_be_rendered_keeps_its_target() -> None:
    snapshot = Snapshot(
        (node("done"), node("new", build.UNKNOWN)), (with_target(build.OLD),), (BASE, BROKEN)
    )

    found = planned(snapshot)["worker"]

    assert (found.rendered, found.target) == (None, build.OLD)
    assert found.problems == (
        (
            "90-links: spec.config.storage.links: not supported "
            "(remove it; for a link that enables a unit, set `enabled: true` on the unit)"
        ),
    )
    assert described(found.decisions) == [
        "done none: up to date",
        f"new target: new node: {build.OLD} is applied",
    ]


def test_a_pool_that_was_never_rendered_changes_no_node() -> None:
    found = planned(Snapshot((node("a"),), (pool(),), (BROKEN,)))["worker"]

    assert found.target == ""
    assert described(found.decisions) == ["a none: the pool has no rendered config yet"]


def test_a_pool_without_machine_configs_has_a_problem() -> None:
    problems = planned(Snapshot((node("a"),), (pool(),)))["worker"].problems

    assert len(problems) == 1
    assert "selects no MachineConfig" in problems[0]


def test_an_invalid_machine_config_stops_its_own_pool_alone() -> None:
    invalid = machine_config("50-gpu", "gpu", storage={"disks": [{"device": "/dev/sda"}]})
    nodes = node("a"), node("b", labels={"gpu": "", "special": ""})

    found = planned(Snapshot(nodes, (pool(), pool("gpu")), (BASE, invalid)))

    assert found["gpu"].rendered is None
    assert found["worker"].decisions[0].step == "target"


def test_a_node_in_two_custom_pools_is_a_problem_of_both_and_is_not_updated() -> None:
    in_two_pools = node("a", labels={"gpu": "", "infra": "", "special": ""})

    found = planned(Snapshot((in_two_pools,), (pool("gpu"), pool("infra"), pool()), (BASE,)))

    error = ("a is in no pool: gpu and infra select it",)
    assert {name: each.problems for name, each in found.items()} == {
        "gpu": error,
        "infra": error,
        "worker": (),
    }
    assert not any(each.decisions for each in found.values())


def test_the_oldest_node_goes_first() -> None:
    nodes = node("young", age=1), node("b", age=9), node("a", age=9), node("middle", age=5)

    decisions = planned(Snapshot(nodes, (pool(),), (BASE,)))["worker"].decisions

    assert [each.node for each in decisions] == ["a", "b", "middle", "young"]
    assert [each.step for each in decisions] == ["target", "none", "none", "none"]


def test_each_pool_has_its_own_budget() -> None:
    nodes = node("a", ready=False), node("b", labels={"gpu": "", "special": ""})

    found = planned(Snapshot(nodes, (pool(), pool("gpu")), (BASE, GPU)))

    assert found["gpu"].decisions[0].step == "target"


def test_the_controller_steps_down_only_after_all_other_updates() -> None:
    own = node("own", labels={"gpu": "", "special": ""})
    runs = ControllerState(identity=Identity(node="own", standby_node="other"))

    beside = planned(Snapshot((own, node("other")), (pool(), pool("gpu")), (BASE, GPU)), runs)
    alone = planned(Snapshot((own,), (pool(), pool("gpu")), (BASE, GPU)), runs)

    assert described(beside["gpu"].decisions) == [
        "own none: runs the controller: waits for all other updates"
    ]
    assert beside["worker"].decisions[0].step == "target"
    assert alone["gpu"].decisions[0].step == "handOver"


STATUSES = st.sampled_from(
    [
        build.UNKNOWN,
        build.done(),
        build.working(),
        build.blocked(),
        build.failed(),
        build.drifted(),
        build.working(build.NEWER),
    ]
)


@st.composite
def nodes_of_all_kinds(draw: st.DrawFn) -> list[Node]:
    """Return up to eight nodes, some of them of the same age."""
    flags = {
        each: st.booleans() for each in ("ready", "unschedulable", "cordoned_by_controller", "held")
    }
    labels = st.dictionaries(st.sampled_from(["gpu", "infra", "special"]), st.just(""))
    return [
        node(name, draw(STATUSES), age=draw(st.integers(1, 3)), labels=draw(labels), **fields)
        for name in "abcdefgh"[: draw(st.integers(0, 8))]
        for fields in [draw(st.fixed_dictionaries({}, optional=flags))]
    ]


@settings(max_examples=60, deadline=None)
@given(data=st.data(), most=st.sampled_from([1, 2, "50%"]))
def test_the_order_in_which_objects_are_listed_changes_nothing(
    data: st.DataObject, most: int | str
) -> None:
    nodes = data.draw(nodes_of_all_kinds())
    paused = data.draw(st.booleans())
    pools = [with_target(build.NEW, maxUnavailable=most, paused=paused), pool("gpu"), pool("infra")]
    configs = data.draw(st.lists(st.sampled_from([BASE, MOTD, GPU, BROKEN]), unique_by=id))
    shuffled = Snapshot(
        tuple(data.draw(st.permutations(nodes))),
        tuple(data.draw(st.permutations(pools))),
        tuple(data.draw(st.permutations(configs))),
    )

    listed = Snapshot(tuple(nodes), tuple(pools), tuple(configs))
    assert plan(shuffled, ControllerState.unknown(), "boot", NOW) == plan(
        listed, ControllerState.unknown(), "boot", NOW
    )


def test_the_next_pass_is_due_when_the_first_back_off_ends() -> None:
    soon, later = NOW + timedelta(seconds=7), NOW + timedelta(minutes=5)
    snapshot = Snapshot((node("a"), node("b")), (with_target(build.OLD),), (MOTD, BASE))

    resting = plan(
        snapshot, ControllerState(runs=Runs(not_before={"a": later, "b": soon})), "boot", NOW
    )
    rested = plan(
        snapshot, ControllerState(runs=Runs(not_before={"a": NOW, "b": NOW})), "boot", NOW
    )

    assert resting.next_due == soon
    assert rested.next_due is None


def test_runs_start_for_nodes_that_are_down_and_last_for_those_tried_in_vain() -> None:
    early = build.working(phase=Phase.PREFLIGHT)
    interrupted = node_status.on_interrupted(early, Phase.PREFLIGHT, "no answer", NOW)
    nodes = (
        node("silent", interrupted, ready=False, age=9),
        node("healthy", early, age=8),
        node("down", early, ready=False, age=7),
    )

    def started(limit: int) -> set[str]:
        runs = Runs(not_before={"silent": NOW})
        limited = ControllerState(runs=runs, limits=Limits(parallel_runs=limit))
        of = with_target(build.NEW, maxUnavailable=9)
        snapshot = Snapshot(nodes, (of,), (BROKEN, machine_config(build.NEW)))
        found = planned(snapshot, limited)["worker"].decisions
        return {each.node for each in found if each.step == "run"}

    assert started(1) == {"down"}
    assert started(2) == {"down", "healthy"}
    assert started(3) == {"down", "healthy", "silent"}
