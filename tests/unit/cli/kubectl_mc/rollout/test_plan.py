"""`kubectl mc plan` shows what is done with each node now and next, and the reasons."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from controller.api import names
from controller.cli.kubectl_mc.arguments.selection import Selection
from controller.cli.kubectl_mc.rollout.forecast import FAILURE_BACKOFF, forecast_rollout
from controller.cli.kubectl_mc.rollout.forecast_view import forecast_document, forecast_lines
from controller.planning import node_status
from controller.planning.control_plane_facts import ControlPlaneFacts, StaticPod
from controller.planning.snapshot import Snapshot
from controller.settings import Settings
from tests.unit.cli.kubectl_mc.clusters import REBOOTS, snapshot, target
from tests.unit.cli.kubectl_mc.lines import texts
from tests.unit.cli.kubectl_mc.manifests import a_file, machine_config
from tests.unit.planning.build import (
    NOW,
    OLD,
    blocked,
    done,
    drifted,
    failed,
    node,
    working,
)

LATER = NOW + timedelta(seconds=200)
NEW = target()
MASTER = {names.CONTROL_PLANE_NODE_LABEL: ""}


def shown(cluster: Snapshot, *named: str) -> list[str]:
    """Return the printed lines."""
    forecast = forecast_rollout(cluster, "boot", LATER).of(Selection.of(named, cluster))
    return texts(forecast_lines(forecast, LATER))


def document(cluster: Snapshot, *named: str) -> Any:  # noqa: ANN401 - any JSON
    """Return the JSON document."""
    forecast = forecast_rollout(cluster, "boot", LATER).of(Selection.of(named, cluster))
    return forecast_document(forecast, ())


def now_of(cluster: Snapshot, name: str) -> str:
    """Return the column NOW of a node."""
    [line] = [row for row in shown(cluster, name) if row.startswith(f"  {name} ")]
    return line.split(maxsplit=2)[2]


def test_nodes_are_listed_by_pool_in_rollout_order_with_now_and_next() -> None:
    cluster = snapshot(
        node("m-1", labels={names.CONTROL_PLANE_NODE_LABEL: ""}),
        node("w-1", done(NEW), age=9),
        node("w-2", working(NEW), age=8, unschedulable=True, cordoned_by_controller=True),
        node("w-3", age=7, unschedulable=True),
        node("w-4", age=6),
        node("w-5", failed("rendered-worker-bad"), age=5),
        node("w-6", age=4, held=True),
        max_unavailable=2,
    )

    assert shown(cluster) == [
        f"pool master: {OLD} -> {target('master')}, 0 of 1 nodes updated, maxUnavailable 1",
        "  disruption: none",
        "    None: /etc/a changed",
        "  NODE   NEXT   NOW",
        f"  m-1    -      target: update from {OLD} to {target('master')}",
        "",
        f"pool worker: {OLD} -> {NEW}, 1 of 6 nodes updated, maxUnavailable 2",
        "  disruption: none",
        "    None: /etc/a changed",
        "  NODE   NEXT   NOW",
        "  w-1    -      up to date",
        "  w-2    -      in phase Drain for 3m20s",
        "  w-3    -      cordoned by an administrator",
        "  w-4    2      waits for w-2, w-3: budget 2 of 2 in use",
        "  w-5    1      waits for w-2, w-3: budget 2 of 2 in use",
        "  w-6    -      held by an administrator",
    ]


def test_for_a_node_in_an_update_the_machine_config_node_shows_what_it_waits_for() -> None:
    down = {"unschedulable": True, "cordoned_by_controller": True}
    cluster = snapshot(
        node("w-1", blocked(NEW), age=9, **down), node("w-2", working(NEW), age=8, **down)
    )

    assert now_of(cluster, "w-1") == (
        "in phase Drain for 3m20s: drain waits: shop/cart-0 (PodDisruptionBudget cart)"
    )
    [worker] = document(cluster, "w-1")["pools"]
    [entry] = worker["nodes"]
    assert entry["now"] == {
        "step": "update",
        "reason": "drain waits: shop/cart-0 (PodDisruptionBudget cart)",
        "config": NEW,
    }
    assert (entry["phase"], entry["phaseSince"]) == ("Drain", "2026-01-01T12:00:00Z")
    assert entry["blockedBy"][0]["pod"] == "shop/cart-0"
    assert entry["next"] is None


def test_an_update_that_has_not_reported_a_phase_is_in_its_start() -> None:
    given = node_status.on_targeted(done(), "worker", NEW, NOW)

    assert now_of(snapshot(node("w-1", given)), "w-1") == "in phase start for 3m20s"


def test_an_update_to_an_outdated_target_is_cancelled() -> None:
    cluster = snapshot(node("w-1", working("rendered-worker-bad")))

    assert now_of(cluster, "w-1") == f"cancel: {NEW} replaces rendered-worker-bad"


def test_an_administrators_hold_is_shown_for_a_node_whose_drain_waits() -> None:
    assert now_of(snapshot(node("w-1", blocked(NEW), held=True)), "w-1") == (
        "held by an administrator"
    )


def test_in_a_paused_pool_no_node_is_next() -> None:
    lines = shown(snapshot(node("w-1"), node("w-2"), paused=True), "worker")

    assert lines[0].endswith(", 0 of 2 nodes updated, maxUnavailable 1, paused")
    assert lines[-2:] == ["  w-1    -      pool is paused", "  w-2    -      pool is paused"]


def test_the_back_off_of_a_failed_node_is_the_controllers_default() -> None:
    cluster = snapshot(node("w-1", failed(NEW)))

    assert now_of(cluster, "w-1") == "retry at 12:05:00: Verify failed: no route (fix it)"
    assert timedelta(seconds=Settings.model_fields["failure_retry"].default) == FAILURE_BACKOFF


def test_a_drifted_node_is_shown_with_its_findings() -> None:
    assert "/etc/motd (content)" in now_of(snapshot(node("w-1", drifted())), "w-1")


def test_a_pool_that_cannot_be_rendered_keeps_its_target_and_shows_the_error() -> None:
    cluster = snapshot(node("w-1"), new=machine_config("60-bad", **a_file("/a")))

    title, problem, *_ = shown(cluster, "worker")

    assert title == f"pool worker: {OLD}, 1 of 1 nodes updated, maxUnavailable 1"
    assert problem.startswith("  error: 60-bad: spec.config.storage.files.0.path: ")
    assert now_of(cluster, "w-1") == "up to date"
    assert document(cluster, "worker")["pools"][0]["problems"] == [
        problem.removeprefix("  error: ")
    ]


def test_nodes_without_a_pool_come_last() -> None:
    cluster = snapshot(node("w-1"), node("windows-1", runs_linux=False))

    assert shown(cluster)[-3:-1] == ["in no pool", "  NODE        NEXT   NOW"]
    assert shown(cluster)[-1].startswith("  windows-1   -      ")
    assert shown(cluster, "windows-1")[0] == "in no pool"


def test_the_node_of_the_only_controller_comes_last() -> None:
    nodes = [node("w-1", age=9), node("w-2", age=8)]
    cluster = replace(snapshot(*nodes), controllers=frozenset({"w-1"}))

    assert [row.split()[0] for row in shown(cluster, "worker")[-2:]] == ["w-2", "w-1"]


def test_a_named_node_is_shown_alone_below_the_title_of_its_pool() -> None:
    title, *_, last = shown(snapshot(node("w-1"), node("w-2")), "w-2")

    assert title.startswith("pool worker: ")
    assert last.startswith("  w-2    1      waits for w-1")


def test_the_document_has_the_turn_and_the_decision_then() -> None:
    [worker] = document(snapshot(node("w-1"), node("w-2")), "worker")["pools"]

    assert (worker["before"], worker["target"]) == (OLD, NEW)
    assert worker["disruption"]["reasons"] == ["None: /etc/a changed"]
    first, second = worker["nodes"]
    becoming = {
        "step": "target",
        "reason": f"update from {OLD} to {NEW}",
        "config": NEW,
    }
    assert (first["now"], first["next"]) == (becoming, None)
    assert second["now"] == {
        "step": "none",
        "reason": "waits for w-1: budget 1 of 1 in use",
        "config": None,
    }
    assert second["next"] == {"turn": 1, **becoming}


def _control_plane(*nodes: str) -> Snapshot:
    """Return a cluster whose control plane is about to reboot for a unit."""
    etcd = (StaticPod("etcd", "etcd"),)
    members = (
        node(name, labels=MASTER, static_pods=etcd, age=9 - place)
        for place, name in enumerate(nodes)
    )
    return snapshot(*members, masters=REBOOTS)


def test_what_a_reboot_of_a_small_control_plane_means_is_said_before() -> None:
    one = (
        "  note: one control plane node: the API server does not answer while an update reboots it"
    )

    assert one in shown(_control_plane("m-1"))
    assert any(
        "note: two control plane nodes: etcd loses its quorum" in line
        for line in shown(_control_plane("m-1", "m-2"))
    )
    assert "note" not in "\n".join(shown(_control_plane("m-1", "m-2", "m-3")))
    assert "note" not in "\n".join(shown(snapshot(node("m-1", labels=MASTER)))), "no reboot"


def test_a_control_plane_whose_etcd_is_unknown_waits_for_a_user_and_is_not_next() -> None:
    cluster = _control_plane("m-1", "m-2", "m-3")
    unseen = (replace(each, static_pods=()) for each in cluster.nodes)
    known = replace(cluster, nodes=tuple(unseen), control_plane=ControlPlaneFacts())

    [master] = document(known, "m-1")["pools"]
    assert [each["next"] for each in master["nodes"]] == [None]
    assert now_of(known, "m-1").startswith("no etcd is seen on the control plane nodes")
    assert now_of(replace(known, control_plane=None), "m-1").startswith("target: update")


def test_a_cluster_of_one_node_keeps_its_pods_and_the_plan_says_so() -> None:
    alone = _control_plane("m-1")
    [master, _] = document(alone)["pools"]

    assert any("its pods stay on it" in each for each in master["consequences"])
    beside = replace(alone, nodes=(*alone.nodes, node("w-1", done(NEW))))
    assert "its pods stay on it" not in "\n".join(shown(beside))
