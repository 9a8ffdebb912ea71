"""Drift is found and reported, and ends as its administrator decides; on a real API server."""

from collections.abc import Callable

import pytest

from controller.api import names
from controller.api.json_object import Json
from controller.reconcile.reconciler import Reconciler
from tests.integration.cluster import Cluster
from tests.simulated_machines.executor import Machine

_PASSES = 60
pytestmark = pytest.mark.parametrize("cluster", [("w-1",)], indirect=True, ids=[""])


class Settled:
    """A cluster of one node that runs its config, and its controller."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.controller: Reconciler = cluster.controller()
        cluster.roll_out(self.controller)
        self._nonces = 0

    @property
    def machine(self) -> Machine:
        """Return the only machine."""
        return self.cluster.machines.machines["w-1"]

    def request(self, what: str) -> str:
        """Request a check or a recovery, and run passes until the request is handled."""
        self._nonces += 1
        nonce = f"nonce-{self._nonces}"
        self.cluster.annotate("w-1", f"{names.GROUP}/{what}", nonce)
        self.until(lambda known: known["answered"][what] == nonce)
        return nonce

    def until(self, holds: Callable[[Json], bool]) -> Json:
        """Run passes until this holds for the node's status."""
        for _ in range(_PASSES):
            self.controller.run_pass()
            self.cluster.machines.advance()
            known = self.cluster.known("w-1")
            if holds(known):
                return known
        raise AssertionError(known)

    def is_drifted(self) -> str:
        """Return the node's condition."""
        [condition] = self.cluster.known("w-1")["conditions"]
        assert condition["type"] == names.DRIFTED
        return str(condition["status"])


@pytest.fixture
def settled(cluster: Cluster) -> Settled:
    return Settled(cluster)


def test_drift_is_found_on_request_and_reported_once(settled: Settled) -> None:
    assert settled.is_drifted() == "False", "an update has proved it"
    settled.machine.drift = ("/etc/motd",)
    settled.request("check")

    assert settled.cluster.node("w-1")[names.REASON] == "drift: /etc/motd (content)"
    assert settled.is_drifted() == "True"
    settled.request("check")
    assert settled.cluster.events("w-1").count("Drift") == 1
    assert settled.machine.drift, "it is never overwritten behind anyone's back"


def test_drift_that_is_fixed_by_hand_clears_on_request(settled: Settled) -> None:
    settled.machine.drift = ("/etc/motd",)
    settled.request("check")
    settled.machine.drift = ()
    settled.request("check")

    assert settled.cluster.node("w-1")[names.STATE] == "Done"
    assert "DriftCleared" in settled.cluster.events("w-1")


def test_a_node_recovers_on_request(settled: Settled) -> None:
    settled.machine.drift = ("/etc/motd",)
    settled.request("check")
    reboots = list(settled.machine.reboots)

    settled.request("recover")
    settled.until(lambda known: known["state"] == "Done")

    assert not settled.machine.drift
    assert settled.machine.reboots == reboots
    assert settled.is_drifted() == "False"


def test_a_node_is_updated_to_a_config_that_adopts_its_drift_and_waits_with_any_other(
    settled: Settled,
) -> None:
    cluster, before = settled.cluster, settled.machine.config
    settled.machine.drift = ("/etc/motd",)
    settled.request("check")
    cluster.configure("another")
    settled.request("check")
    settled.request("check")
    assert cluster.node("w-1")[names.DESIRED_CONFIG] == before

    settled.machine.matches_any_config = True
    settled.request("check")
    settled.until(lambda known: known["state"] == "Done" and known["currentConfig"] != before)


def test_with_the_force_file_everything_is_applied_again_and_the_node_reboots_once(
    settled: Settled,
) -> None:
    reboots = len(settled.machine.reboots)
    settled.machine.forced = True
    settled.cluster.annotate("w-1", names.CHECK, "now")

    settled.until(lambda known: known["state"] == "Working")
    settled.until(lambda known: known["state"] == "Done")

    assert not settled.machine.forced
    assert len(settled.machine.reboots) == reboots + 1


def test_an_unreachable_node_is_unknown_and_not_degraded_until_it_responds(
    settled: Settled,
) -> None:
    settled.machine.unreachable = True
    settled.request("check")

    assert settled.is_drifted() == "Unknown"
    annotations = settled.cluster.node("w-1")
    assert annotations[names.STATE] == "Done"
    assert annotations[names.REASON].startswith("not checked: no route to host; last in sync at ")
    assert settled.cluster.pool()["Degraded"] == "False"

    settled.machine.unreachable = False
    settled.request("check")
    assert settled.is_drifted() == "False"
    assert settled.cluster.node("w-1")[names.REASON] == ""


def test_a_reinstalled_machine_with_the_same_name_is_updated_to_its_config(
    settled: Settled,
) -> None:
    config = settled.machine.config
    machine = settled.machine
    machine.config, machine.machine_id, machine.fence = "", "of another machine", 0
    settled.cluster.annotate("w-1", names.CHECK, "now")

    known = settled.until(lambda known: known.get("machineID") == "of another machine")

    assert (known["state"], known["currentConfig"]) == ("Done", config)
    assert "Reinstalled" in settled.cluster.events("w-1")


@pytest.mark.parametrize("drifted", [False, True], ids=["as configured", "drifted"])
def test_a_node_without_its_status_is_checked_and_nothing_on_it_is_overwritten(
    settled: Settled, *, drifted: bool
) -> None:
    cluster, machine = settled.cluster, settled.machine
    settled.request("recover")
    settled.until(lambda known: known["state"] == "Done")
    reboots = list(machine.reboots)
    if drifted:
        machine.drift = ("/etc/motd",)
        settled.request("check")

    for _ in range(2):
        cluster.forget("w-1")
        settled.controller.run_pass()
        assert cluster.known("w-1")["reason"].startswith("drift: ")
        known = settled.until(lambda known: "notChecked" not in known["reason"])

    assert known["state"] == ("Degraded" if drifted else "Done")
    assert bool(machine.drift) is drifted, "an old wish to recover counts once"
    assert machine.reboots == reboots
    settled.request("recover")
    settled.until(lambda known: known["state"] == "Done")
    assert not machine.drift, "a new one counts"


def test_a_new_node_accepts_no_pods_before_it_runs_its_config(cluster: Cluster) -> None:
    controller = cluster.controller()
    cluster.taint("w-1", names.UNCONFIGURED, "gpu")
    controller.run_pass()
    controller.run_pass()
    assert names.UNCONFIGURED in cluster.taints("w-1")

    cluster.roll_out(controller)
    controller.run_pass()

    assert cluster.taints("w-1") == ["gpu"]
