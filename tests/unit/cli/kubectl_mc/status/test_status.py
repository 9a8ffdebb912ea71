"""`kubectl mc status` shows the status of pools and nodes, and with `--watch` what changed."""

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from controller.api.machine_config import MachineConfig
from controller.api.machine_config_node import Blocker, Unreturned
from controller.api.machine_config_pool import MachineConfigPool
from controller.cli.kubectl_mc.arguments.selection import Selection
from controller.cli.kubectl_mc.cluster.leadership import Leadership
from controller.cli.kubectl_mc.status.overview import Overview
from controller.cli.kubectl_mc.status.overview_json import overview_document
from controller.cli.kubectl_mc.status.overview_view import overview_entries
from controller.cli.kubectl_mc.terminal.durations import age
from controller.cli.kubectl_mc.terminal.entries import all_lines, changed_lines
from controller.cli.kubectl_mc.terminal.errors import CommandError
from controller.cli.kubectl_mc.terminal.tables import table
from controller.planning import node_status
from controller.planning.node import Node
from controller.planning.pool_status import pool_status
from controller.planning.snapshot import Snapshot, Unreadable
from tests.unit.cli.kubectl_mc.clusters import snapshot
from tests.unit.cli.kubectl_mc.lines import texts
from tests.unit.cli.kubectl_mc.manifests import machine_config
from tests.unit.planning.build import (
    NEW,
    NOW,
    OLD,
    UNKNOWN,
    blocked,
    configuration,
    done,
    drifted,
    failed,
    node,
    working,
)

LEADS = Leadership(leads=True)
LATER = NOW + timedelta(seconds=200)
WAITS = "drain waits: shop/cart-0 (PodDisruptionBudget cart)"
ADMIN_CORDON = "cordoned by an administrator"


def cluster(*nodes: Node, problems: Iterable[str] = (), **spec: Any) -> Snapshot:  # noqa: ANN401 - any member of a spec
    """Return a cluster whose worker pool has the target NEW and the controller's status."""
    observed = snapshot(*nodes, configuration=configuration(NEW), **spec)
    return replace(
        observed, pools=tuple(_with_status(each, observed, problems) for each in observed.pools)
    )


def _with_status(
    pool: MachineConfigPool, observed: Snapshot, problems: Iterable[str]
) -> MachineConfigPool:
    if pool.name != "worker":
        return pool
    status = pool_status(pool, observed.nodes, pool.spec.configuration, tuple(problems), NOW)
    return pool.model_copy(update={"status": status.model_copy(update={"observed_generation": 1})})


def overview(observed: Snapshot, *named: str, leadership: Leadership = LEADS) -> Overview:
    """Return the overview of a selection."""
    return Overview.of(observed, Selection.of(named, observed), leadership)


def shown(observed: Snapshot, *named: str, at: datetime = LATER) -> list[str]:
    """Return the printed lines."""
    return texts(all_lines(overview_entries(overview(observed, *named), at)))


def test_pools_come_first_then_nodes_with_those_that_need_attention_on_top() -> None:
    observed = cluster(
        node("w-1", done(NEW), age=9),
        node("w-2", blocked(), age=8, unschedulable=True, cordoned_by_controller=True),
        node("w-3", age=7, unschedulable=True),
        node("w-4", UNKNOWN, age=6, ready=False),
        paused=True,
        max_unavailable="50%",
    )

    pools, nodes = "\n".join(shown(observed, "worker")).split("\n\n")

    assert pools.splitlines() == [
        "POOL     TARGET                UPDATED   READY   UNAVAILABLE   DEGRADED   MAXUNAVAILABLE",
        "worker   rendered-worker-new   1/4       1       3             0          50%",
        "worker: paused: no node is given a new config",
        f"worker: Updating for 3m20s: w-2: {WAITS}",
    ]
    assert [re.split(" {3,}", each) for each in nodes.splitlines()] == [
        ["NODE", "POOL", "STATE", "PHASE", "SINCE", "CONFIG", "REASON"],
        ["w-2", "worker", "Working", "Drain", "3m20s", f"{OLD} -> {NEW}", WAITS],
        ["w-3", "worker", "Done", "-", "-", OLD, ADMIN_CORDON],
        ["w-4", "worker", "-", "-", "-", "-", "not Ready"],
        ["w-1", "worker", "Done", "-", "-", NEW],
    ]


def test_true_conditions_are_shown_with_their_messages_and_nothing_twice() -> None:
    observed = cluster(node("w-1", failed()), problems=["60-bad: no"])

    remarks = [each for each in shown(observed, "worker") if each.startswith("worker: ")]

    assert remarks == [
        "worker: NodeDegraded for 3m20s: w-1: Verify failed: no route (fix it)",
        "worker: RenderDegraded for 3m20s: 60-bad: no",
    ]


def test_a_pool_that_is_not_processed_yet_is_marked_new() -> None:
    assert shown(snapshot(), "master")[-1] == (
        "master: new: the controller has not processed it yet"
    )


def test_an_empty_cluster_is_explained() -> None:
    assert shown(Snapshot()) == [
        "no pools and no nodes; the controller creates the default pools when it starts"
    ]


LEASE = {"holderIdentity": "a", "renewTime": "2026-01-01T12:00:00.5Z", "leaseDurationSeconds": 15}
RENEWED = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("spec", "age", "warning"),
    [
        pytest.param(LEASE, 10, "", id="renewed a moment ago"),
        pytest.param(LEASE, -3600, "", id="renewed by a clock that is ahead"),
        pytest.param(LEASE, 45, "", id="renewed by a clock that is a little behind"),
        pytest.param(
            LEASE, 300, "no controller has led since 2026-01-01 12:00:00Z (4m59s)", id="not renewed"
        ),
        pytest.param(
            {**LEASE, "holderIdentity": ""},
            5,
            "no controller has led since 2026-01-01 12:00:00Z (4s)",
            id="released",
        ),
        pytest.param(
            {}, 5, "no controller leads, and the Lease records no earlier leader", id="never held"
        ),
        pytest.param(
            None, 5, "no controller leads, and the Lease records no earlier leader", id="no Lease"
        ),
    ],
)
def test_without_a_leader_the_first_line_is_a_warning_with_the_time(
    spec: dict[str, Any] | None, age: int, warning: str
) -> None:
    now = RENEWED + timedelta(seconds=age)
    leadership = Leadership.of(None if spec is None else {"spec": spec}, now)

    of = overview(cluster(node("w-1")), leadership=leadership)
    lines = texts(all_lines(overview_entries(of, now)))

    if warning:
        assert lines[0].startswith(f"warning: {warning}: nothing is being done")
        assert lines[1].startswith("  start machineconfig-controller")
    else:
        assert lines[0].startswith("POOL ")
    assert overview_document(of)["controller"]["leads"] is not bool(warning)


def test_a_forbidden_lease_is_noted_quietly() -> None:
    of = overview(cluster(), leadership=Leadership(leads=None, error="forbidden"))

    lines = texts(all_lines(overview_entries(of, LATER)))

    assert lines[0] == "unknown whether a controller leads: forbidden"
    assert overview_document(of)["controller"] == {"leads": None, "since": None}


def test_a_node_in_no_pool_is_listed_too() -> None:
    assert shown(cluster(node("win", runs_linux=False)))[-1].startswith("win    -      Done ")


def test_a_machine_config_that_no_pool_selects_is_listed_unless_something_is_named() -> None:
    unselected = MachineConfig.model_validate(machine_config("50-typo", "wrokers"))
    observed = cluster(node("w-1", done(NEW)))
    observed = replace(observed, machine_configs=(*observed.machine_configs, unselected))

    assert (
        shown(observed)[-1]
        == "MachineConfig 50-typo: not selected: no pool selects it by its labels"
    )
    assert overview_document(overview(observed))["notSelected"] == ["50-typo"]
    assert not [line for line in shown(observed, "worker") if "50-typo" in line]


def test_an_unreadable_object_is_listed_and_the_pool_of_its_nodes_is_unknown() -> None:
    bad = Unreadable("MachineConfigPool", "gpu", "1", {}, "spec: not an object (fix it)")
    of_gpu = node("w-1", done(NEW).model_copy(update={"pool": "gpu"}))
    observed = replace(cluster(of_gpu), unreadable=(bad,))

    lines, cause = shown(observed), "spec: not an object (fix it)"
    assert f"MachineConfigPool gpu: unreadable: {cause}" in lines
    assert any(line.split()[:2] == ["w-1", "?"] for line in lines)
    unknown = f"pool unknown: MachineConfigPool gpu cannot be read: {cause}"
    assert f"node w-1, {unknown}" in shown(observed, "w-1")
    assert [each["pool"] for each in overview_document(overview(observed))["nodes"]] == [None]


def test_a_named_node_is_shown_with_all_details() -> None:
    pod = Blocker(
        pod="shop/cart-0",
        pod_disruption_budget="shop/cart",
        message="it would violate",
        remedy="scale it up",
    )
    waiting = node_status.on_drain_blocked(working(), [pod], "", NOW)
    observed = cluster(
        node("w-1", waiting, unschedulable=True, cordoned_by_controller=True),
        node("w-2", drifted()),
        node("w-3", failed(), held=True, ready=False),
    )

    assert shown(observed, "w-1") == [
        "node w-1, in pool worker",
        "  state: Working for 3m20s",
        "  phase: Drain for 3m20s",
        "  config: rendered-worker-old -> rendered-worker-new",
        "  reason: drain waits: shop/cart-0 (PodDisruptionBudget shop/cart)",
        "  blocked by: shop/cart-0 (PodDisruptionBudget shop/cart): it would violate",
        "    remedy: scale it up",
        "  Node: Ready, cordoned by the controller",
    ]
    assert shown(observed, "w-2")[1:5] == [
        "  state: Degraded for 3m20s",
        "  config: rendered-worker-old",
        "  reason: drift: /etc/motd (content)",
        "  drift: /etc/motd (content)",
    ]
    original = Unreturned(name="/etc/motd", cause="it was changed", remedy="restore it")
    restoring = cluster(node("w-4", node_status.with_unreturned(done(), [original])))
    assert shown(restoring, "w-4")[3:5] == [
        "  not restored: /etc/motd: it was changed",
        "    remedy: restore it",
    ]
    assert shown(observed, "w-3")[5:] == [
        "  last failure: Verify of rendered-worker-new, 3m20s ago: no route",
        "  remedy: fix it",
        "  Node: not Ready",
        "  held: by an administrator: no update, no check",
    ]


def test_on_a_narrow_terminal_columns_that_do_not_fit_are_below_the_row() -> None:
    observed = cluster(
        node("w-1", done(NEW), age=9),
        node("w-2", blocked(), age=8, unschedulable=True, cordoned_by_controller=True),
    )

    of = overview(observed, "worker")
    pools, nodes = "\n".join(texts(all_lines(overview_entries(of, LATER, 80)))).split("\n\n")

    assert pools.splitlines()[:3] == [
        "POOL     TARGET                UPDATED   READY   UNAVAILABLE   DEGRADED",
        "worker   rendered-worker-new   1/2       1       1             0",
        "  MAXUNAVAILABLE: 1",
    ]
    assert nodes.splitlines() == [
        "NODE   POOL     STATE     PHASE   SINCE",
        "w-2    worker   Working   Drain   3m20s",
        f"  CONFIG: {OLD} -> {NEW}",
        f"  REASON: {WAITS}",
        "w-1    worker   Done      -       -",
        f"  CONFIG: {NEW}",
    ]


@pytest.mark.parametrize("width", [8, 20, 40, 80, 120])
def test_a_table_row_is_wider_than_the_terminal_only_if_a_single_value_is(
    width: int,
) -> None:
    header = ("NAME", "A", "LONGER", "B", "LONGEST")
    rows = [("n", "a" * 30, "b", "c", "d" * 70), ("n" * 12, "", "b" * 20, "c" * 9, "")]

    lines = texts(table(header, rows, width))

    wide = [each for each in lines if len(each) > width]
    assert all(len(each.split()) == 1 or each.startswith("  ") for each in wide)
    assert all(each.count(": ") <= 1 for each in wide)
    assert " ".join(lines).split().count("c") == 1


def test_the_document_has_everything() -> None:
    observed = cluster(
        node("w-1", failed(), unschedulable=True, cordoned_by_controller=True), node("w-2")
    )

    found = overview_document(overview(observed, "worker"))

    [pool] = found["pools"]
    assert (pool["pool"], pool["target"], pool["paused"]) == ("worker", NEW, False)
    assert (pool["machineCount"], pool["updatedMachineCount"]) == (2, 0)
    assert [each["type"] for each in pool["conditions"]] == ["NodeDegraded", "Degraded"]
    one, other = found["nodes"]
    assert (one["node"], one["pool"], one["state"], one["phase"]) == (
        "w-1",
        "worker",
        "Degraded",
        "Verify",
    )
    assert one["lastFailure"]["remedy"] == "fix it"
    assert (one["cordonedBy"], one["ready"], one["held"]) == ("controller", True, False)
    assert (other["currentConfig"], other["lastFailure"], other["cordonedBy"]) == (OLD, None, None)


def test_an_unknown_name_is_refused_with_a_similar_one() -> None:
    with pytest.raises(CommandError, match="no pool or node workr") as near:
        Selection.of(["workr"], cluster())
    with pytest.raises(CommandError, match="no pool or node xyz") as far:
        Selection.of(["worker", "xyz"], cluster())

    assert texts(near.value.lines)[-1] == "  did you mean worker?"
    assert texts(far.value.lines)[-1] == "  `kubectl mc status` lists them"


def test_a_name_of_both_a_pool_and_a_node_selects_both() -> None:
    observed = cluster(node("worker"), node("w-1"))

    lines = shown(observed, "worker")

    assert lines[0].startswith("POOL ")
    assert any(each.startswith("w-1 ") for each in lines)
    assert "node worker, in pool worker" in lines


def changes(before: Snapshot, after: Snapshot, *named: str) -> list[str]:
    """Return the lines that changed since the first, a minute later."""
    old = overview_entries(overview(before, *named), LATER)
    new = overview_entries(overview(after, *named), LATER + timedelta(minutes=1))
    return texts(changed_lines(list(old), new))


def test_growing_older_is_no_change() -> None:
    observed = cluster(node("w-1", failed()), node("w-2", working()))

    assert changes(observed, observed) == []
    assert changes(observed, observed, "w-1") == []


def test_only_the_changed_rows_of_a_table_are_printed() -> None:
    before = cluster(node("w-1", working()), node("w-2"))
    after = cluster(node("w-1", done(NEW)), node("w-2"))

    pool, updating, changed = changes(before, after, "worker")

    assert pool.startswith("worker   rendered-worker-new   1/2 ")
    assert changed == "worker: Updating: no longer"
    assert updating == "w-1    worker   Done    -       -       rendered-worker-new"


def test_all_details_of_a_named_node_are_printed_again() -> None:
    before, after = cluster(node("w-1", working())), cluster(node("w-1", done(NEW)))

    assert changes(before, after, "w-1")[0] == "node w-1, in pool worker"


def test_a_node_that_is_gone_is_reported() -> None:
    before, after = cluster(node("w-1"), node("w-2")), cluster(node("w-1"))

    assert changes(before, after)[-1] == "node w-2 is gone"


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (timedelta(seconds=-3), "0s"),
        (timedelta(seconds=119), "119s"),
        (timedelta(minutes=2), "2m"),
        (timedelta(minutes=3, seconds=12), "3m12s"),
        (timedelta(minutes=10, seconds=5), "10m"),
        (timedelta(hours=3), "3h"),
        (timedelta(hours=7, minutes=5), "7h5m"),
        (timedelta(hours=47), "47h"),
        (timedelta(days=2, hours=1), "2d1h"),
        (timedelta(days=400), "400d"),
    ],
)
def test_ages_are_as_short_as_those_of_kubectl(span: timedelta, text: str) -> None:
    assert age(span) == text
