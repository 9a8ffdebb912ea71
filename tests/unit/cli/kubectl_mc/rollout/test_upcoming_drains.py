"""`kubectl mc plan` tells whom a drain costs what, and what would block it, before it begins."""

import dataclasses
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest

from controller.api.drain import Drain, DrainSettings
from controller.api.machine_config_node import Phase, Requests
from controller.cli.kubectl_mc.rollout import forecast_view
from controller.cli.kubectl_mc.rollout.forecast import outlook
from controller.cli.kubectl_mc.rollout.upcoming_drains import drains_ahead
from controller.planning.drain.forecast import DrainForecast, forecast_drain
from controller.planning.drain.pod import Pod
from controller.planning.drain.pod_decisions import DrainContext, decide_pods
from controller.planning.drain.pod_disruption_budget import PodDisruptionBudget
from controller.planning.snapshot import Snapshot
from tests.unit.cli.kubectl_mc.clusters import snapshot
from tests.unit.cli.kubectl_mc.manifests import a_unit, machine_config
from tests.unit.planning.build import NOW, blocked, failed, node

LATER = NOW + timedelta(seconds=200)
MUCH_LATER = NOW + timedelta(hours=1)  # no pause lasts so long
REBOOTS = machine_config("50-a", **a_unit())


def ahead(seen: Snapshot, now: datetime = LATER) -> Mapping[str, DrainSettings]:
    return drains_ahead(outlook(seen, "boot", now), seen, "boot")


def test_those_are_looked_at_whose_drain_begins_now_or_when_the_next_slots_are_free() -> None:
    nodes = [node(f"w-{age}", age=age) for age in range(9, 1, -1)]

    assert list(ahead(snapshot(*nodes, wanted=REBOOTS, max_unavailable=2))) == [
        "w-9",
        "w-8",
        "w-7",
        "w-6",
    ]


def test_nobody_is_looked_at_whom_the_change_does_not_drain() -> None:
    assert not ahead(snapshot(node("w-1")))


def test_nobody_is_looked_at_in_a_paused_pool() -> None:
    assert not ahead(snapshot(node("w-1"), wanted=REBOOTS, paused=True))


def test_of_a_node_in_an_update_its_own_status_tells() -> None:
    wanted = outlook(snapshot(wanted=REBOOTS), "boot", LATER).pools[-1].plan.target
    waits = node("w-1", blocked(wanted), unschedulable=True, cordoned_by_controller=True)

    assert not ahead(snapshot(waits, wanted=REBOOTS))


@pytest.mark.parametrize(
    ("phase", "looked_at"),
    [
        (Phase.PREFLIGHT, True),
        (Phase.DRAIN, True),
        (Phase.APPLY, False),
        (Phase.ACTIONS, False),
        (Phase.REBOOT, False),
        (Phase.VERIFY, False),
    ],
)
def test_of_a_node_that_failed_only_one_that_is_drained_again_is_looked_at(
    phase: Phase, *, looked_at: bool
) -> None:
    wanted = outlook(snapshot(wanted=REBOOTS), "boot", LATER).pools[-1].plan.target
    seen = node("w-1", failed(wanted, phase))

    assert bool(ahead(snapshot(seen, wanted=REBOOTS), MUCH_LATER)) is looked_at
    asked = dataclasses.replace(seen, requests=Requests(recover="now"))
    assert ahead(snapshot(asked, wanted=REBOOTS), MUCH_LATER)


def test_a_look_is_by_the_settings_of_the_pool() -> None:
    seen = snapshot(node("w-1"), wanted=REBOOTS, drain=Drain.model_validate({"timeout": "5m"}))

    assert ahead(seen)["w-1"].timeout == "5m"


def found() -> DrainForecast:
    """Return the drain of a node with a bare pod and one that a budget protects."""
    pods = [
        Pod("shop", "bare", "1"),
        Pod("shop", "web", "2", labels={"app": "web"}, controller=("ReplicaSet", "web")),
    ]
    budget = {
        "metadata": {"namespace": "shop", "name": "web"},
        "spec": {"selector": {"matchLabels": {"app": "web"}}},
        "status": {"currentHealthy": 1, "desiredHealthy": 1, "expectedPods": 1},
    }
    judged = decide_pods(pods, DrainContext(), DrainSettings(), NOW)
    return forecast_drain(judged, [PodDisruptionBudget.of(budget)], DrainSettings())


def told() -> tuple[list[str], Any]:
    """Return what a person and what a program reads of that node."""
    seen = snapshot(node("w-1"), wanted=REBOOTS)
    shown = outlook(seen, "boot", LATER).with_drains({"w-1": found()})
    lines = forecast_view.lines(shown, LATER)
    texts = ["".join(each if isinstance(each, str) else each[0] for each in line) for line in lines]
    [worker] = [
        each for each in forecast_view.document(shown, ())["pools"] if each["pool"] == "worker"
    ]
    return texts, worker["nodes"][0]["drain"]


def test_a_person_reads_costs_and_blockers_with_their_remedies() -> None:
    lines, _ = told()

    assert lines[-3:] == [
        "  w-1: evicts shop/bare: no controller recreates it",
        "  w-1: blocked by shop/web: shop/web needs 1 healthy pods and has 1",
        "    remedy: scale up what shop/web protects, or let it allow more disruptions",
    ]


def test_a_program_reads_the_same() -> None:
    _, drain = told()

    assert drain["evictions"] == [
        {"pod": "shop/bare", "cost": "no controller recreates it"},
        {"pod": "shop/web", "cost": ""},
    ]
    assert [each["reason"] for each in drain["blockers"]] == ["PodDisruptionBudget"]
