"""The health of units, by their properties over time."""

import subprocess
from collections.abc import Callable
from typing import Any

import pytest
from machineconfig_node.record.node_record import PendingActions, Record
from machineconfig_node.services import health
from machineconfig_node.systemd import boot_problems, systemctl

from tests.unit.node.conftest import MACHINE_ID, Systemd

# Seconds since boot at which the watch begins.
START = 100.0
WATCH = 5.0
PATIENCE = 120.0

Shown = dict[str, str]
# The properties of a unit at a time.
Life = Callable[[float], Shown]


def shown(**members: str) -> Shown:
    """Return a service that is running since the boot, with these properties changed."""
    ordinary = {
        "LoadState": "loaded",
        "ActiveState": "active",
        "SubState": "running",
        "Result": "success",
        "Job": "",
        "NRestarts": "0",
        "ExecMainCode": "0",
        "ExecMainStatus": "0",
        "ExecMainStartTimestampMonotonic": "1000000",
        "AssertResult": "yes",
        "AssertTimestampMonotonic": "1000000",
    }
    return ordinary | members


def always(**members: str) -> Life:
    return lambda _: shown(**members)


FAILED = {"ActiveState": "failed", "SubState": "failed"}
EXIT = {"Result": "exit-code", "ExecMainCode": "1", "ExecMainStatus": "1"}
WAITS = {"ActiveState": "activating", "SubState": "auto-restart"}


def restarted(times: int, at: float, **members: str) -> Shown:
    """Return a service that was restarted last at this moment."""
    started = str(int(at * 1_000_000))
    return shown(NRestarts=str(times), ExecMainStartTimestampMonotonic=started, **members)


def starts_for(seconds: float, then: Shown) -> Life:
    starting = shown(ActiveState="activating", SubState="start", Job="7")
    return lambda now: starting if now < START + seconds else then


def crashes_every(period: float) -> Life:
    """Return a service that runs for at most a second, before systemd waits to restart it."""

    def life(now: float) -> Shown:
        times, since = divmod(now - START, period)
        if since < min(1, period / 2):
            return restarted(int(times) + 1, now - since)
        return shown(**WAITS, **EXIT, NRestarts=str(int(times) + 1))

    return life


def comes_up_after(*crashes: float) -> Life:
    """Return a service that crashes at these moments, and is running a second later."""

    def life(now: float) -> Shown:
        past = [START + each for each in crashes if START + each <= now]
        if past and now < past[-1] + 1:
            return shown(**WAITS, **EXIT, NRestarts=str(len(past) - 1))
        return restarted(len(past), past[-1] + 1) if past else shown()

    return life


class Machine:
    """A fake systemd whose units change over time, and a clock that a sleep advances."""

    def __init__(self) -> None:
        """Start with a booted machine without other units."""
        self.now = START
        self.lives: dict[str, Life] = {"multi-user.target": always()}
        self.also: dict[str, str] = {"multi-user.target": "default.target"}

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def __call__(self, words: list[str]) -> "subprocess.CompletedProcess[str]":
        """Answer like systemctl."""
        units = {name: life(self.now) for name, life in self.lives.items()}
        if words[0] == "show":
            said = "\n\n".join(map(self._block, units, units.values()))
        else:
            failed = [name for name, unit in units.items() if unit["ActiveState"] == "failed"]
            said = "\n".join(f"{name} loaded failed failed {name}" for name in failed)
        return subprocess.CompletedProcess(words, 0, f"{said}\n", "")

    def _block(self, name: str, unit: Shown) -> str:
        names = {"Id": name, "Names": f"{name} {self.also.get(name, '')}"}
        return "\n".join(f"{key}={value}" for key, value in {**names, **unit}.items())


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    made = Machine()
    monkeypatch.setattr(systemctl, "_systemctl", made)
    monkeypatch.setattr(health, "time", made)
    return made


def watch(*units: str, seconds: float = WATCH) -> boot_problems.Problems:
    return health.watch(units, seconds, PATIENCE)


HARM = [
    pytest.param(always(**FAILED, **EXIT), "failed (exit-code 1)", id="it has ended with an error"),
    pytest.param(
        always(**FAILED, Result="exit-code", ExecMainCode="1", ExecMainStatus="203"),
        "failed (exit-code 203)",
        id="there is no such program",
    ),
    pytest.param(
        always(**FAILED, Result="exit-code", ExecMainCode="1", ExecMainStatus="217"),
        "failed (exit-code 217)",
        id="there is no such user",
    ),
    pytest.param(
        always(**FAILED, Result="signal", ExecMainCode="2", ExecMainStatus="9"),
        "failed (signal)",
        id="it was killed",
    ),
    pytest.param(
        always(**FAILED, Result="timeout", ExecMainCode="2", ExecMainStatus="15"),
        "failed (timeout)",
        id="it did not say in time that it is ready",
    ),
    pytest.param(
        always(**FAILED, Result="watchdog", ExecMainCode="2", ExecMainStatus="6"),
        "failed (watchdog)",
        id="it fell silent",
    ),
    pytest.param(
        always(**FAILED, Result="start-limit-hit", ExecMainCode="1", ExecMainStatus="1"),
        "failed (start-limit-hit 1)",
        id="it was restarted too often",
    ),
    pytest.param(always(**FAILED, Result="resources"), "failed (resources)", id="a socket"),
    pytest.param(
        always(ActiveState="inactive", SubState="dead", AssertResult="no"),
        "was not started (assert)",
        id="what it asserts is not so",
    ),
    pytest.param(
        starts_for(60, shown(**FAILED, **EXIT)), "failed (exit-code 1)", id="it fails after a while"
    ),
    pytest.param(
        starts_for(1000, shown()), "is still starting after 120 s", id="it never ends to start"
    ),
    pytest.param(crashes_every(0.2), "keeps restarting (exit-code 1)", id="it crashes at once"),
    pytest.param(crashes_every(3), "keeps restarting (exit-code 1)", id="it crashes after a while"),
    pytest.param(
        crashes_every(30), "keeps restarting (exit-code 1)", id="it waits for long in between"
    ),
]


@pytest.mark.parametrize(("life", "words"), HARM)
def test_these_units_are_unhealthy(machine: Machine, life: Life, words: str) -> None:
    machine.lives["a.service"] = life

    found = watch("a.service")

    assert list(found) == ["a.service"]
    assert found["a.service"].startswith(words)


@pytest.mark.parametrize("period", [0.4, 0.7, 1.0, 1.1, 1.3, 1.9, 2.0, 2.3, 4.9, 7.0])
def test_a_restarting_service_is_reported_with_its_last_failure(
    machine: Machine, period: float
) -> None:
    """The last observation may be between two starts or during one."""
    machine.lives["a.service"] = crashes_every(period)

    assert watch("a.service") == {"a.service": "keeps restarting (exit-code 1)"}


def test_a_single_observation_of_a_restarting_service_is_no_success(
    machine: Machine,
) -> None:
    machine.lives["a.service"] = crashes_every(8)
    machine.now += 16.5

    assert health.unhealthy_units() == {"a.service": "keeps restarting"}


NO_HARM = [
    pytest.param(always(), id="it runs"),
    pytest.param(
        always(ActiveState="inactive", SubState="dead", AssertTimestampMonotonic="0"),
        id="nothing has started it, or a condition kept it from that",
    ),
    pytest.param(always(SubState="exited"), id="it has done what it does once"),
    pytest.param(starts_for(60, shown()), id="it takes long to start"),
    pytest.param(comes_up_after(2), id="it came up at the second try"),
    pytest.param(comes_up_after(2, 7), id="it came up at the third try"),
    pytest.param(
        always(NRestarts="7", ExecMainStartTimestampMonotonic="2000000"),
        id="it was restarted long ago",
    ),
    pytest.param(
        always(LoadState="masked", **FAILED, **EXIT), id="it is masked, and had failed before"
    ),
    pytest.param(always(LoadState="not-found", **FAILED, **EXIT), id="it is gone"),
]


@pytest.mark.parametrize("life", NO_HARM)
def test_these_units_are_healthy(machine: Machine, life: Life) -> None:
    machine.lives["a.service"] = life

    assert watch("a.service") == {}


def test_an_unnamed_unit_is_watched_too(machine: Machine) -> None:
    machine.lives["kubelet.service"] = crashes_every(10)
    machine.lives["data.mount"] = always(**FAILED, Result="exit-code")

    assert sorted(watch()) == ["data.mount", "kubelet.service"]


def test_a_unit_that_fails_late_in_the_boot_is_waited_for(machine: Machine) -> None:
    machine.lives["multi-user.target"] = starts_for(30, shown())
    machine.lives["other.service"] = lambda now: shown(
        **(FAILED if now >= START + 25 else {"Job": "8"})
    )

    assert list(watch()) == ["other.service"]


def test_a_boot_that_hangs_for_another_reason_is_no_failure(machine: Machine) -> None:
    machine.lives["multi-user.target"] = starts_for(1000, shown())

    assert watch() == {}


def test_the_watch_starts_with_the_last_start_job(machine: Machine) -> None:
    machine.lives["a.service"] = starts_for(30, shown())

    watch("a.service")

    assert machine.now == pytest.approx(START + 30 + WATCH, abs=1)


@pytest.mark.parametrize("name", ["a@.service", "sshd.service"])
def test_templates_and_aliases_can_be_watched(machine: Machine, name: str) -> None:
    machine.lives["ssh.service"] = starts_for(30, shown(**FAILED, **EXIT))
    machine.also["ssh.service"] = "sshd.service"

    assert list(watch(name)) == (["ssh.service"] if name == "sshd.service" else [])


def test_without_a_started_service_one_observation_is_enough(machine: Machine) -> None:
    machine.lives["a.service"] = crashes_every(30)
    machine.lives["b.service"] = always(**FAILED, **EXIT)

    assert list(watch("a.service", seconds=0)) == ["b.service"]
    assert machine.now == START


@pytest.mark.parametrize(
    ("watched", "ailing", "forgiven"),
    [
        pytest.param(["a.service"], [], True, id="it was well"),
        pytest.param(["a.service"], ["a.service"], False, id="it was failed before"),
        pytest.param([], [], False, id="we have nothing to do with it"),
    ],
)
def test_a_rollback_resets_the_failures_of_its_config(
    units: Systemd,
    monkeypatch: pytest.MonkeyPatch,
    watched: list[str],
    ailing: list[str],
    forgiven: bool,  # noqa: FBT001 - what is expected
) -> None:
    monkeypatch.setattr(systemctl, "failed", lambda: ["a.service"])

    health.reset_failures(
        Record(MACHINE_ID, debts=PendingActions("boot", [], watched=watched, ailing=ailing))
    )

    assert ("reset-failed a.service" in units.did) is forgiven


def owing(**members: Any) -> Record:  # noqa: ANN401 - any member of debts
    return Record(MACHINE_ID, debts=PendingActions("boot", [], **members))


def test_units_of_an_unsettled_change_count_as_healthy_before_it() -> None:
    record = owing(watched=["ours.service"], ailing=["old.service"])

    record.add_pending("another boot", [], daemon_reload=False)
    record.watch(["next.service"], ailing=["ours.service", "theirs.service"])

    assert record.debts
    assert record.debts.watched == ["next.service", "ours.service"]
    assert record.debts.ailing == ["old.service", "theirs.service"]


def lost(record: Record, *started: str, boot: str = "another") -> set[str]:
    return set(health.lost(record, started, boot))


@pytest.fixture
def never(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The units that this boot should have started, and never tried to."""
    found: set[str] = set()
    monkeypatch.setattr(
        boot_problems,
        "not_started",
        lambda units: dict.fromkeys(found & set(units), "was not started in this boot"),
    )
    return found


def test_after_a_reboot_a_unit_that_ran_before_or_is_managed_must_have_been_started(
    never: set[str],
) -> None:
    record = Record(machine_id=MACHINE_ID)
    record.debts = PendingActions("boot", [], watched=["changed.service"])
    record.units = {"enabled.service": {"enabled": True}, "disabled.service": {"enabled": False}}
    never |= {"ran.service", "changed.service", "enabled.service"}
    never |= {"disabled.service", "enabled-by-hand.service"}

    assert lost(record, "ran.service") == {"ran.service", "changed.service", "enabled.service"}


def test_without_a_reboot_nothing_is_lost(never: set[str]) -> None:
    record = Record(machine_id=MACHINE_ID)
    never |= {"ran.service"}

    assert lost(record, "ran.service") == set()
    record.debts = PendingActions("boot", [])
    assert lost(record, "ran.service", boot="boot") == set()
