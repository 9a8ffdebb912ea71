"""`kubectl mc plan` shows the costs and blockers of drains before they start."""

import dataclasses
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest

from controller.api.drain import Drain, DrainSettings
from controller.api.machine_config_node import Phase, Requests
from controller.cli.kubectl_mc.rollout.forecast import forecast_rollout
from controller.cli.kubectl_mc.rollout.forecast_view import forecast_document, forecast_lines
from controller.cli.kubectl_mc.rollout.upcoming_drains import upcoming_drains
from controller.planning.drain.forecast import DrainForecast, forecast_drain
from controller.planning.drain.pod import Pod
from controller.planning.drain.pod_decisions import DrainContext, decide_pods
from controller.planning.drain.pod_disruption_budget import PodDisruptionBudget
from controller.planning.snapshot import Snapshot
from tests.unit.cli.kubectl_mc.clusters import snapshot
from tests.unit.cli.kubectl_mc.lines import texts
from tests.unit.cli.kubectl_mc.manifests import a_unit, machine_config
from tests.unit.planning.build import NOW, blocked, failed, node

LATER = NOW + timedelta(seconds=200)
MUCH_LATER = NOW + timedelta(hours=1)  # longer than any back-off
REBOOTS = machine_config("50-a", **a_unit())


def upcoming(cluster: Snapshot, now: datetime = LATER) -> Mapping[str, DrainSettings]:
    return upcoming_drains(forecast_rollout(cluster, "boot", now), cluster, "boot")


def test_drains_that_start_now_or_with_the_next_free_slots_are_examined() -> None:
    nodes = [node(f"w-{age}", age=age) for age in range(9, 1, -1)]

    assert list(upcoming(snapshot(*nodes, new=REBOOTS, max_unavailable=2))) == [
        "w-9",
        "w-8",
        "w-7",
        "w-6",
    ]


def test_a_node_that_is_not_drained_is_not_examined() -> None:
    assert not upcoming(snapshot(node("w-1")))


def test_no_node_of_a_paused_pool_is_examined() -> None:
    assert not upcoming(snapshot(node("w-1"), new=REBOOTS, paused=True))


def test_a_node_in_an_update_is_not_examined() -> None:
    target = forecast_rollout(snapshot(new=REBOOTS), "boot", LATER).pools[-1].plan.target
    waits = node("w-1", blocked(target), unschedulable=True, cordoned_by_controller=True)

    assert not upcoming(snapshot(waits, new=REBOOTS))


@pytest.mark.parametrize(
    ("phase", "examined"),
    [
        (Phase.PREFLIGHT, True),
        (Phase.DRAIN, True),
        (Phase.APPLY, False),
        (Phase.ACTIONS, False),
        (Phase.REBOOT, False),
        (Phase.VERIFY, False),
    ],
)
def test_a_failed_node_is_examined_only_if_it_is_drained_again(
    phase: Phase, *, examined: bool
) -> None:
    target = forecast_rollout(snapshot(new=REBOOTS), "boot", LATER).pools[-1].plan.target
    failing = node("w-1", failed(target, phase))

    assert bool(upcoming(snapshot(failing, new=REBOOTS), MUCH_LATER)) is examined
    requested = dataclasses.replace(failing, requests=Requests(recover="now"))
    assert upcoming(snapshot(requested, new=REBOOTS), MUCH_LATER)


def test_the_drain_settings_are_those_of_the_pool() -> None:
    observed = snapshot(node("w-1"), new=REBOOTS, drain=Drain.model_validate({"timeout": "5m"}))

    assert upcoming(observed)["w-1"].timeout == "5m"


def example_drain() -> DrainForecast:
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


def printed() -> tuple[list[str], Any]:
    """Return the lines and the JSON document of that node."""
    observed = snapshot(node("w-1"), new=REBOOTS)
    shown = forecast_rollout(observed, "boot", LATER).with_drains({"w-1": example_drain()})
    lines = texts(forecast_lines(shown, LATER))
    [worker] = [each for each in forecast_document(shown, ())["pools"] if each["pool"] == "worker"]
    return lines, worker["nodes"][0]["drain"]


def test_costs_and_blockers_are_printed_with_their_remedies() -> None:
    lines, _ = printed()

    assert lines[-3:] == [
        "  w-1: evicts shop/bare: no controller recreates it",
        "  w-1: blocked by shop/web: shop/web needs 1 healthy pods and has 1",
        "    remedy: scale up what shop/web protects, or let it allow more disruptions",
    ]


def test_the_document_has_the_same() -> None:
    _, drain = printed()

    assert drain["evictions"] == [
        {"pod": "shop/bare", "cost": "no controller recreates it"},
        {"pod": "shop/web", "cost": ""},
    ]
    assert [each["reason"] for each in drain["blockers"]] == ["PodDisruptionBudget"]
