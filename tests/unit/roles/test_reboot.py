"""A reboot is waited for where it was ordered; a login that fails before that is told as it is."""

import sys
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from ansible.errors import AnsibleConnectionFailure

from tests.unit.roles.plugins import plugin

QUIET = """\
machineconfig-login user admin
machineconfig-login python /usr/bin/python3 3.11 whole
machineconfig-login end
"""
ORDERED = {"changed": True, "boot_id": "before"}
HANGING = AnsibleConnectionFailure("Timeout (12s) waiting for privilege escalation prompt: ")
REFUSED = AnsibleConnectionFailure("Failed to connect to the host via ssh: Connection refused")
Said = str | Exception


class Clock:
    """Time that passes while somebody waits."""

    def __init__(self) -> None:
        """It is the beginning."""
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


class Machine:
    """A node whose boot IDs are given, and what comes of an order to reboot."""

    def __init__(
        self, boots: Iterable[Said], order: Callable[[], dict[str, Any]], *, sudo: bool = True
    ) -> None:
        """The last boot stays."""
        self._boots = iter(boots)
        self._last: Said = ""
        self._sudo = sudo
        self.order = order

    def command(self, script: str, **_: Any) -> dict[str, Any]:  # noqa: ANN401 - as Ansible calls it
        if "boot_id" in script:
            return {"rc": 0, "stdout": self._boot(), "stderr": ""}
        if "machineconfig-login" in script:
            return {"rc": 0, "stdout": QUIET, "stderr": ""}
        if not self._sudo:
            raise HANGING
        return {"rc": 0, "stdout": "", "stderr": ""}

    def _boot(self) -> str:
        self._last = next(self._boots, self._last)
        if isinstance(self._last, Exception):
            raise self._last
        return self._last


def reboot(
    machine: Machine,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    task_vars: dict[str, Any] | None = None,
) -> dict[str, Any]:
    made = plugin(
        "machineconfig_reboot",
        {"run": "r", "timeout": 100},
        _used_interpreter="#!/usr/bin/python3",
        _execute_module=lambda **_: machine.order(),
        _is_pipelining_enabled=lambda _: True,
        _low_level_execute_command=machine.command,
    )
    monkeypatch.setattr(sys.modules[type(made).__module__], "time", clock)
    found: dict[str, Any] = made.run(task_vars=task_vars or {})
    return found


def hangs() -> dict[str, Any]:
    raise HANGING


def test_a_sudo_that_hangs_is_no_reboot(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    found = reboot(Machine(["before"], hangs, sudo=False), clock, monkeypatch)

    assert "admin cannot become root on the node: sudo does not answer" in found["cause"]
    assert found["login_fails"]
    assert clock.now < 60


def test_a_machine_that_goes_down_before_it_answers_is_waited_for(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    boots: list[Said] = ["before", "before", *[REFUSED] * 300, "after"]

    found = reboot(Machine(boots, hangs), clock, monkeypatch)

    assert (found["previous_boot_id"], found["boot_id"]) == ("before", "after")


def test_a_machine_that_takes_its_time_to_go_down_is_waited_for(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    boots: list[Said] = [*["before"] * 300, "after"]

    assert reboot(Machine(boots, lambda: ORDERED), clock, monkeypatch)["boot_id"] == "after"


def test_only_the_last_words_of_a_node_that_does_not_come_back_are_told(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent = reboot(Machine(["before", REFUSED], lambda: ORDERED), clock, monkeypatch)
    still_there = reboot(
        Machine(["before", REFUSED, "before"], lambda: ORDERED), Clock(), monkeypatch
    )

    assert silent["cause"].endswith("in time: Connection refused")
    assert still_there["cause"].endswith("in time")


APPLIED = {"awaits_confirmation": True, "confirm_timeout": 90}
RESUMED = {"awaits_confirmation": False}


@pytest.mark.parametrize(
    ("task_vars", "when"),
    [
        ({"apply_done": APPLIED}, "by itself 90 seconds after its boot"),
        ({"preflight_found": RESUMED}, "by itself when its watchdog expires"),
    ],
    ids=["after its apply", "in a later run"],
)
def test_a_node_that_does_not_come_back_goes_back_by_the_timer_of_its_next_boot(
    task_vars: dict[str, Any], when: str, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = reboot(Machine(["before", REFUSED], lambda: ORDERED), clock, monkeypatch, task_vars)

    assert found["remedy"].endswith(when)


def test_a_node_that_was_not_told_to_reboot_goes_back_by_the_timer_of_this_boot(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    task_vars = {"apply_done": APPLIED}

    found = reboot(Machine(["before"], hangs, sudo=False), clock, monkeypatch, task_vars)

    assert " by itself by 2" in found["remedy"]
