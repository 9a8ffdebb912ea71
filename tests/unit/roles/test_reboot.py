"""An ordered reboot is awaited; a login that fails before it is reported as such."""

import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
from ansible.errors import AnsibleConnectionFailure

from tests.unit.roles.plugins import plugin

QUIET = """\
machineconfig-login user admin
machineconfig-login python /usr/bin/python3 3.11 complete
machineconfig-login end
"""
WAITING = {"cause": "a reboot of the node is pending: it waits for x", "remedy": "wait"}
ORDERED = {"changed": True, "boot_id": "before", "shutdown": WAITING}
CANCELLED = {**ORDERED, "shutdown": {}}
HANGING = AnsibleConnectionFailure("Timeout (12s) waiting for privilege escalation prompt: ")
REFUSED = AnsibleConnectionFailure("Failed to connect to the host via ssh: Connection refused")
Said = str | Exception


class Clock:
    """A clock that advances with each sleep."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


class Machine:
    """A node with given boot IDs, and the result of an ordered reboot."""

    def __init__(
        self, boots: Iterable[Said], order: Callable[[], dict[str, Any]], *, sudo: bool = True
    ) -> None:
        """The last boot ID is repeated."""
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


def test_a_hanging_sudo_is_not_a_reboot(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    found = reboot(Machine(["before"], hangs, sudo=False), clock, monkeypatch)

    assert "admin cannot become root on the node: sudo does not answer" in found["cause"]
    assert found["login_fails"]
    assert clock.now < 60


def test_a_machine_that_shuts_down_before_it_answers_is_awaited(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    boots: list[Said] = ["before", "before", *[REFUSED] * 300, "after"]

    found = reboot(Machine(boots, hangs), clock, monkeypatch)

    assert (found["previous_boot_id"], found["boot_id"]) == ("before", "after")


def test_a_machine_that_shuts_down_slowly_is_awaited(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    boots: list[Said] = [*["before"] * 300, "after"]

    assert reboot(Machine(boots, lambda: ORDERED), clock, monkeypatch)["boot_id"] == "after"


def test_only_the_last_error_of_a_missing_node_is_reported(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent = reboot(Machine(["before", REFUSED], lambda: ORDERED), clock, monkeypatch)

    assert silent["cause"].endswith("in time: Connection refused")
    assert "resumes" not in silent


def test_a_node_that_still_responds_says_what_its_reboot_waits_for(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = reboot(Machine(["before"], lambda: ORDERED), clock, monkeypatch)

    assert found["cause"] == WAITING["cause"]
    assert found["resumes"], "nothing is rolled back"
    assert 100 <= clock.now < 110


def test_a_cancelled_reboot_is_not_awaited_until_the_timeout(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter([ORDERED, CANCELLED])

    found = reboot(Machine(["before"], lambda: next(answers)), clock, monkeypatch)

    assert "cancelled there" in found["cause"]
    assert found["resumes"], "nothing is rolled back"
    assert clock.now < 60


def test_a_boot_between_two_questions_is_not_a_cancelled_reboot(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter([ORDERED, {**CANCELLED, "boot_id": "after"}])
    boots: list[Said] = [*["before"] * 152, "after"]

    assert reboot(Machine(boots, lambda: next(answers)), clock, monkeypatch)["boot_id"] == "after"


def test_an_order_whose_answer_was_lost_is_awaited_while_it_is_pending(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders: Iterator[Callable[[], dict[str, Any]]] = iter([hangs, lambda: ORDERED])
    boots: list[Said] = [*["before"] * 200, "after"]

    def order() -> dict[str, Any]:
        return next(orders)()

    assert reboot(Machine(boots, order), clock, monkeypatch)["boot_id"] == "after"


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
def test_a_missing_node_rolls_back_by_the_watchdog_of_its_next_boot(
    task_vars: dict[str, Any], when: str, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = reboot(Machine(["before", REFUSED], lambda: ORDERED), clock, monkeypatch, task_vars)

    assert found["remedy"].endswith(when)


def test_a_node_without_an_ordered_reboot_rolls_back_by_the_watchdog_of_this_boot(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    task_vars = {"apply_done": APPLIED}

    found = reboot(Machine(["before"], hangs, sudo=False), clock, monkeypatch, task_vars)

    assert " by itself by 2" in found["remedy"]
