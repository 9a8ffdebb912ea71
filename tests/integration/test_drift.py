"""Drift is found and told, and ends as its administrator wants; on a real API server."""

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
    """A cluster of one node, which is on its config, and the controller over it."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.controller: Reconciler = cluster.controller()
        cluster.roll_out(self.controller)
        self._words = 0

    @property
    def machine(self) -> Machine:
        """The one machine."""
        return self.cluster.machines.machines["w-1"]

    def ask(self, what: str) -> str:
        """Ask for a check, or to recover, and make passes until that was answered."""
        self._words += 1
        word = f"word-{self._words}"
        self.cluster.annotate("w-1", f"{names.GROUP}/{what}", word)
        self.until(lambda known: known["lastHandledRequests"][what] == word)
        return word

    def until(self, holds: Callable[[Json], bool]) -> Json:
        """Make passes until this holds of what is known of the node."""
        for _ in range(_PASSES):
            self.controller.run_pass()
            self.cluster.machines.advance()
            known = self.cluster.known("w-1")
            if holds(known):
                return known
        raise AssertionError(known)

    def is_drifted(self) -> str:
        """The condition that says so."""
        [condition] = self.cluster.known("w-1")["conditions"]
        assert condition["type"] == names.DRIFTED
        return str(condition["status"])


@pytest.fixture
def settled(cluster: Cluster) -> Settled:
    return Settled(cluster)


def test_drift_is_found_when_somebody_asks_and_is_told_once(settled: Settled) -> None:
    assert settled.is_drifted() == "False", "an update has proved it"
    settled.machine.drift = ("/etc/motd",)
    settled.ask("check")

    assert settled.cluster.node("w-1")[names.REASON] == "drift: /etc/motd (content)"
    assert settled.is_drifted() == "True"
    settled.ask("check")
    assert settled.cluster.events("w-1").count("Drift") == 1
    assert settled.machine.drift, "it is never overwritten behind anyone's back"


def test_drift_that_was_put_right_by_hand_clears_when_somebody_asks(settled: Settled) -> None:
    settled.machine.drift = ("/etc/motd",)
    settled.ask("check")
    settled.machine.drift = ()
    settled.ask("check")

    assert settled.cluster.node("w-1")[names.STATE] == "Done"
    assert "DriftCleared" in settled.cluster.events("w-1")


def test_a_node_recovers_when_somebody_asks_for_it(settled: Settled) -> None:
    settled.machine.drift = ("/etc/motd",)
    settled.ask("check")
    reboots = list(settled.machine.reboots)

    settled.ask("recover")
    settled.until(lambda known: known["state"] == "Done")

    assert not settled.machine.drift
    assert settled.machine.reboots == reboots
    assert settled.is_drifted() == "False"


def test_a_node_follows_a_config_that_adopts_its_drift_and_waits_under_any_other(
    settled: Settled,
) -> None:
    cluster, before = settled.cluster, settled.machine.config
    settled.machine.drift = ("/etc/motd",)
    settled.ask("check")
    cluster.configure("another")
    settled.ask("check")
    settled.ask("check")
    assert cluster.node("w-1")[names.DESIRED_CONFIG] == before

    settled.machine.is_what_is_wanted = True
    settled.ask("check")
    settled.until(lambda known: known["state"] == "Done" and known["currentConfig"] != before)


def test_the_force_file_has_everything_applied_again_and_the_node_rebooted_once(
    settled: Settled,
) -> None:
    reboots = len(settled.machine.reboots)
    settled.machine.forced = True
    settled.cluster.annotate("w-1", names.CHECK, "look")

    settled.until(lambda known: known["state"] == "Working")
    settled.until(lambda known: known["state"] == "Done")

    assert not settled.machine.forced
    assert len(settled.machine.reboots) == reboots + 1


def test_a_silent_node_is_unknown_and_not_degraded_until_it_answers(settled: Settled) -> None:
    settled.machine.silent = True
    settled.ask("check")

    assert settled.is_drifted() == "Unknown"
    said = settled.cluster.node("w-1")
    assert said[names.STATE] == "Done"
    assert said[names.REASON].startswith("not checked: no route to host; last in sync at ")
    assert settled.cluster.pool()["Degraded"] == "False"

    settled.machine.silent = False
    settled.ask("check")
    assert settled.is_drifted() == "False"
    assert settled.cluster.node("w-1")[names.REASON] == ""


def test_a_machine_that_was_installed_anew_under_its_name_is_brought_to_its_config(
    settled: Settled,
) -> None:
    config = settled.machine.config
    machine = settled.machine
    machine.config, machine.machine_id, machine.fence = "", "of another machine", 0
    settled.cluster.annotate("w-1", names.CHECK, "look")

    known = settled.until(lambda known: known.get("machineID") == "of another machine")

    assert (known["state"], known["currentConfig"]) == ("Done", config)
    assert "Reinstalled" in settled.cluster.events("w-1")


@pytest.mark.parametrize("drifted", [False, True], ids=["as configured", "drifted"])
def test_a_node_whose_note_is_lost_is_looked_at_and_nothing_on_it_is_overwritten(
    settled: Settled, *, drifted: bool
) -> None:
    cluster, machine = settled.cluster, settled.machine
    settled.ask("recover")
    settled.until(lambda known: known["state"] == "Done")
    reboots = list(machine.reboots)
    if drifted:
        machine.drift = ("/etc/motd",)
        settled.ask("check")

    for _ in range(2):
        cluster.forget("w-1")
        settled.controller.run_pass()
        assert cluster.known("w-1")["reason"].startswith("drift: ")
        known = settled.until(lambda known: "not looked at" not in known["reason"])

    assert known["state"] == ("Degraded" if drifted else "Done")
    assert bool(machine.drift) is drifted, "an old wish to recover counts once"
    assert machine.reboots == reboots
    settled.ask("recover")
    settled.until(lambda known: known["state"] == "Done")
    assert not machine.drift, "a new one counts"


def test_a_new_node_takes_no_work_before_it_is_on_its_config(cluster: Cluster) -> None:
    controller = cluster.controller()
    cluster.taint("w-1", names.UNCONFIGURED, "gpu")
    controller.run_pass()
    controller.run_pass()
    assert names.UNCONFIGURED in cluster.taints("w-1")

    cluster.roll_out(controller)
    controller.run_pass()

    assert cluster.taints("w-1") == ["gpu"]
