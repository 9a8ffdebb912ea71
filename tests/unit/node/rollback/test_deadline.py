"""The watchdog of a boot does not roll back while that boot is about to end."""

from collections.abc import Callable
from pathlib import Path

import pytest
from machineconfig_node.apply.transaction import Transaction
from machineconfig_node.manifest import desired_state
from machineconfig_node.record.node_record import load
from machineconfig_node.rollback import confirmation, deadline, watchdog

from tests.unit.node.build import file, manifest
from tests.unit.node.conftest import Systemd

SECONDS = 600
REBOOTING = ["1 reboot.target start waiting", "2 slow.service stop running"]


class Clock:
    """A clock on which things happen at some time while it sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.events: list[tuple[float, Callable[[], object]]] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        for event in [each for each in self.events if each[0] <= self.now - 1000]:
            self.events.remove(event)
            event[1]()


@pytest.fixture
def clock(folder: str, disk: Path, monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of a node whose watchdog has just expired."""
    wanted = desired_state.read(manifest(file(disk / "a")))
    transaction = Transaction(folder, load(folder), wanted, "boot-1")
    transaction.run([], lambda: watchdog.start(folder, SECONDS))
    found = Clock()
    monkeypatch.setattr(deadline, "time", found)
    return found


def waited(folder: str, clock: Clock) -> float:
    """Return for how many seconds the watchdog waits."""
    deadline.wait(folder)
    return clock.now - 1000


def test_without_a_shutdown_it_does_not_wait(folder: str, clock: Clock) -> None:
    assert waited(folder, clock) == 0


def test_after_a_cancelled_reboot_the_whole_time_to_confirm_passes_again(
    folder: str, clock: Clock, units: Systemd
) -> None:
    units.jobs = list(REBOOTING)
    clock.events = [(5000, units.jobs.clear)]

    assert 5000 + SECONDS - 5 < waited(folder, clock) < 5000 + SECONDS + 5


def test_a_confirmation_ends_the_wait(folder: str, clock: Clock, units: Systemd) -> None:
    units.jobs = list(REBOOTING)
    clock.events = [(100, lambda: confirmation.confirm(folder))]

    assert 100 <= waited(folder, clock) < 105
