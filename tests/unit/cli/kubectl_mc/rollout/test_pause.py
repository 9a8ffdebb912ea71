"""`kubectl mc pause` and `resume` show their effects on the nodes of a pool."""

import pytest

from controller.api.machine_config_node import Phase
from controller.cli.kubectl_mc.rollout.pause_effect import pause_effects
from controller.cli.kubectl_mc.terminal.errors import CommandError
from controller.planning import node_status
from controller.planning.snapshot import Snapshot
from tests.unit.cli.kubectl_mc.clusters import snapshot, target
from tests.unit.cli.kubectl_mc.lines import texts
from tests.unit.cli.kubectl_mc.manifests import a_file, machine_config
from tests.unit.planning.build import NOW, OLD, blocked, done, node, working

NEW = target()
DOWN = {"unschedulable": True, "cordoned_by_controller": True}


def shown(cluster: Snapshot, *, paused: bool) -> list[str]:
    [effect] = pause_effects(["worker"], cluster, "boot", NOW, paused=paused)
    return texts(effect.lines())


def test_a_pause_names_the_nodes_that_finish_are_cancelled_or_stay() -> None:
    cluster = snapshot(
        node("w-1", working(NEW, Phase.REBOOT), age=9, **DOWN),
        node("w-2", blocked(NEW), age=8, **DOWN),
        node("w-3", age=7),
        node("w-4", done(NEW)),
        max_unavailable=2,
    )

    assert shown(cluster, paused=True) == [
        "pool worker is paused",
        "  1 node (w-1) after the apply: will finish the update",
        "  1 node (w-2) before the apply: will be uncordoned, and not updated",
        f"  1 node (w-3) not on {NEW}: will not be updated",
    ]


def test_pausing_a_paused_pool_changes_nothing() -> None:
    cluster = snapshot(node("w-1", done(NEW)), paused=True)
    [effect] = pause_effects(["worker"], cluster, "boot", NOW, paused=True)

    assert not effect.changed
    assert shown(cluster, paused=True) == [
        "pool worker is already paused",
        f"  all 1 nodes are on {NEW}",
    ]


def test_a_resume_names_the_nodes_that_will_be_updated_and_their_target() -> None:
    cluster = snapshot(
        node("w-1", age=9),
        node("w-2", age=8),
        node("w-3", age=7, unschedulable=True),
        node("w-4", done(NEW)),
        paused=True,
        max_unavailable=3,
    )

    assert shown(cluster, paused=False) == [
        "pool worker is resumed",
        f"  2 nodes (w-1, w-2) will be updated to {NEW}, at most 3 at a time",
        "  w-3 will not be updated: cordoned by an administrator",
    ]


def test_resuming_a_pool_that_is_not_paused_changes_nothing() -> None:
    [effect] = pause_effects(["worker"], snapshot(node("w-1")), "boot", NOW, paused=False)

    assert not effect.changed
    assert texts(effect.lines())[0] == "pool worker is not paused"


def test_a_resume_names_updates_that_continue_and_rendering_errors() -> None:
    bad = machine_config("60-bad", **a_file("/a"))
    begun = node_status.on_phase_entered(working(OLD), Phase.APPLY, NOW)
    cluster = snapshot(node("w-1", begun, **DOWN), new=bad, paused=True)

    _, continuing, problem = shown(cluster, paused=False)

    assert continuing == "  1 node (w-1) in an update: will continue"
    assert problem.startswith("  error: 60-bad: spec.config.storage.files.0.path: ")


def test_several_pools_are_changed_once_each() -> None:
    named = ["worker", "master", "worker"]

    effects = pause_effects(named, snapshot(), "boot", NOW, paused=True)

    assert [effect.pool for effect in effects] == ["worker", "master"]


def test_an_unknown_pool_is_refused_with_a_similar_one() -> None:
    with pytest.raises(CommandError, match="no pool workr; there are master, worker") as near:
        pause_effects(["workr"], snapshot(), "boot", NOW, paused=True)

    assert texts(near.value.lines)[-1] == "  did you mean worker?"
