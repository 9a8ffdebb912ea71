"""`kubectl mc pause` and `resume`: what they mean for the nodes of a pool."""

import pytest

from controller.api.machine_config_node import Phase
from controller.cli.kubectl_mc.rollout import pause_effect
from controller.cli.kubectl_mc.terminal.errors import CommandError
from controller.planning import node_status
from controller.planning.snapshot import Snapshot
from tests.unit.cli.kubectl_mc.clusters import snapshot, target
from tests.unit.cli.kubectl_mc.manifests import a_file, machine_config
from tests.unit.cli.kubectl_mc.status.test_status import texts
from tests.unit.planning.build import NOW, OLD, blocked, done, node, working

NEW = target()
DOWN = {"unschedulable": True, "cordoned_by_controller": True}


def said(seen: Snapshot, *, paused: bool) -> list[str]:
    [change] = pause_effect.changes(["worker"], seen, "boot", NOW, paused=paused)
    return texts(change.lines())


def test_a_pause_says_who_is_finished_who_goes_back_and_who_stays() -> None:
    seen = snapshot(
        node("w-1", working(NEW, Phase.REBOOT), age=9, **DOWN),
        node("w-2", blocked(NEW), age=8, **DOWN),
        node("w-3", age=7),
        node("w-4", done(NEW)),
        max_unavailable=2,
    )

    assert said(seen, paused=True) == [
        "pool worker is paused",
        "  1 node (w-1) in an update: brought to the end of it",
        "  1 node (w-2) before the apply: taken back, and uncordoned",
        f"  1 node (w-3) not on {NEW}: left as they are",
    ]


def test_a_pause_of_a_pool_that_is_paused_says_so_and_changes_nothing() -> None:
    seen = snapshot(node("w-1", done(NEW)), paused=True)
    [change] = pause_effect.changes(["worker"], seen, "boot", NOW, paused=True)

    assert not change.new
    assert said(seen, paused=True) == [
        "pool worker is paused already",
        f"  all 1 nodes are on {NEW}",
    ]


def test_a_resume_says_how_many_nodes_are_to_be_updated_and_to_what() -> None:
    seen = snapshot(
        node("w-1", age=9),
        node("w-2", age=8),
        node("w-3", age=7, unschedulable=True),
        node("w-4", done(NEW)),
        paused=True,
        max_unavailable=3,
    )

    assert said(seen, paused=False) == [
        "pool worker goes on",
        f"  2 nodes (w-1, w-2) to be updated to {NEW}, at most 3 at a time",
        "  w-3 is left as it is: cordoned by an administrator",
    ]


def test_a_resume_of_a_pool_that_is_not_paused_says_so() -> None:
    [change] = pause_effect.changes(["worker"], snapshot(node("w-1")), "boot", NOW, paused=False)

    assert not change.new
    assert texts(change.lines())[0] == "pool worker is not paused"


def test_a_resume_tells_of_an_update_that_goes_on_and_of_a_pool_that_cannot_be_rendered() -> None:
    bad = machine_config("60-bad", **a_file("/a"))
    begun = node_status.on_phase_entered(working(OLD), Phase.APPLY, NOW)
    seen = snapshot(node("w-1", begun, **DOWN), wanted=bad, paused=True)

    _, going_on, problem = said(seen, paused=False)

    assert going_on == "  1 node (w-1) in an update: goes on with it"
    assert problem.startswith("  error: 60-bad: spec.config.storage.files.0.path: ")


def test_several_pools_are_changed_each_once() -> None:
    named = ["worker", "master", "worker"]

    found = pause_effect.changes(named, snapshot(), "boot", NOW, paused=True)

    assert [each.pool for each in found] == ["worker", "master"]


def test_a_pool_that_is_not_there_is_told_with_the_one_that_is_near() -> None:
    with pytest.raises(CommandError, match="no pool workr; there are master, worker") as near:
        pause_effect.changes(["workr"], snapshot(), "boot", NOW, paused=True)

    assert texts(near.value.lines)[-1] == "  did you mean worker?"
