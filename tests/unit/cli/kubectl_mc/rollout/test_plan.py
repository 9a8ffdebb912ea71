"""`kubectl mc plan`: for each node what is done now and next, in the controller's own words."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from controller.api import names
from controller.cli.kubectl_mc.arguments.selection import Chosen
from controller.cli.kubectl_mc.rollout import forecast_view
from controller.cli.kubectl_mc.rollout.forecast import FAILURE_PAUSE, outlook
from controller.planning import node_status
from controller.planning.snapshot import Snapshot
from controller.settings import Settings
from tests.unit.cli.kubectl_mc.clusters import snapshot, target
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


def told(seen: Snapshot, *named: str) -> list[str]:
    """Return what a person reads."""
    found = outlook(seen, "boot", LATER).of(Chosen.of(named, seen))
    return [
        "".join(part if isinstance(part, str) else part[0] for part in line)
        for line in forecast_view.lines(found, LATER)
    ]


def document(seen: Snapshot, *named: str) -> Any:  # noqa: ANN401 - any JSON
    """Return what a program reads."""
    return forecast_view.document(outlook(seen, "boot", LATER).of(Chosen.of(named, seen)), ())


def now_of(seen: Snapshot, name: str) -> str:
    """Return what is said of a node, in one line."""
    [line] = [each for each in told(seen, name) if each.startswith(f"  {name} ")]
    return line.split(maxsplit=2)[2]


def test_nodes_are_listed_by_pool_in_rollout_order_with_what_is_done_now_and_who_comes_next() -> (
    None
):
    seen = snapshot(
        node("m-1", labels={names.CONTROL_PLANE_NODE_LABEL: ""}),
        node("w-1", done(NEW), age=9),
        node("w-2", working(NEW), age=8, unschedulable=True, cordoned_by_controller=True),
        node("w-3", age=7, unschedulable=True),
        node("w-4", age=6),
        node("w-5", failed("rendered-worker-bad"), age=5),
        node("w-6", age=4, held=True),
        max_unavailable=2,
    )

    assert told(seen) == [
        f"pool master: {OLD} -> {target('master')}, 0 of 1 nodes there, maxUnavailable 1",
        "  disruption: none",
        "    None: /etc/a changed",
        "  NODE   NEXT   NOW",
        f"  m-1    -      target: update from {OLD} to {target('master')}",
        "",
        f"pool worker: {OLD} -> {NEW}, 1 of 6 nodes there, maxUnavailable 2",
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


def test_of_a_node_in_an_update_its_machine_config_node_tells_what_it_waits_for() -> None:
    down = {"unschedulable": True, "cordoned_by_controller": True}
    seen = snapshot(
        node("w-1", blocked(NEW), age=9, **down), node("w-2", working(NEW), age=8, **down)
    )

    assert now_of(seen, "w-1") == (
        "in phase Drain for 3m20s: drain waits: shop/cart-0 (PodDisruptionBudget cart)"
    )
    [worker] = document(seen, "w-1")["pools"]
    [shown] = worker["nodes"]
    assert shown["now"] == {
        "step": "update",
        "reason": "drain waits: shop/cart-0 (PodDisruptionBudget cart)",
        "config": NEW,
    }
    assert (shown["phase"], shown["phaseSince"]) == ("Drain", "2026-01-01T12:00:00Z")
    assert shown["blockedBy"][0]["pod"] == "shop/cart-0"
    assert shown["next"] is None


def test_an_update_that_has_not_told_of_itself_is_in_its_start() -> None:
    given = node_status.on_targeted(done(), "worker", NEW, NOW)

    assert now_of(snapshot(node("w-1", given)), "w-1") == "in phase start for 3m20s"


def test_an_update_towards_what_nobody_wants_any_more_is_ended() -> None:
    seen = snapshot(node("w-1", working("rendered-worker-bad")))

    assert now_of(seen, "w-1") == f"cancel: {NEW} replaces rendered-worker-bad"


def test_an_administrators_hold_is_told_of_a_node_whose_drain_waits() -> None:
    assert now_of(snapshot(node("w-1", blocked(NEW), held=True)), "w-1") == (
        "held by an administrator"
    )


def test_a_paused_pool_says_so_and_nobody_comes_next() -> None:
    lines = told(snapshot(node("w-1"), node("w-2"), paused=True), "worker")

    assert lines[0].endswith(", 0 of 2 nodes there, maxUnavailable 1, paused")
    assert lines[-2:] == ["  w-1    -      pool is paused", "  w-2    -      pool is paused"]


def test_a_node_that_failed_rests_as_long_as_the_controllers_default_says() -> None:
    seen = snapshot(node("w-1", failed(NEW)))

    assert now_of(seen, "w-1") == "retry at 12:05:00: Verify failed: no route (fix it)"
    assert timedelta(seconds=Settings.model_fields["failure_retry"].default) == FAILURE_PAUSE


def test_a_drifted_node_names_what_has_drifted() -> None:
    assert "/etc/motd (content)" in now_of(snapshot(node("w-1", drifted())), "w-1")


def test_a_pool_that_cannot_be_rendered_says_why_and_stays_where_it_is() -> None:
    seen = snapshot(node("w-1"), wanted=machine_config("60-bad", **a_file("/a")))

    title, problem, *_ = told(seen, "worker")

    assert title == f"pool worker: {OLD}, 1 of 1 nodes there, maxUnavailable 1"
    assert problem.startswith("  error: 60-bad: spec.config.storage.files.0.path: ")
    assert now_of(seen, "w-1") == "up to date"
    assert document(seen, "worker")["pools"][0]["problems"] == [problem.removeprefix("  error: ")]


def test_nodes_without_a_pool_come_last() -> None:
    seen = snapshot(node("w-1"), node("windows-1", runs_linux=False))

    assert told(seen)[-3:-1] == ["in no pool", "  NODE        NEXT   NOW"]
    assert told(seen)[-1].startswith("  windows-1   -      ")
    assert told(seen, "windows-1")[0] == "in no pool"


def test_the_one_node_of_the_controller_comes_last() -> None:
    nodes = [node("w-1", age=9), node("w-2", age=8)]
    seen = replace(snapshot(*nodes), controllers=frozenset({"w-1"}))

    assert [each.split()[0] for each in told(seen, "worker")[-2:]] == ["w-2", "w-1"]


def test_a_node_that_is_named_is_shown_with_the_title_of_its_pool_alone() -> None:
    title, *_, last = told(snapshot(node("w-1"), node("w-2")), "w-2")

    assert title.startswith("pool worker: ")
    assert last.startswith("  w-2    1      waits for w-1")


def test_programs_read_the_turn_and_what_is_done_then() -> None:
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
