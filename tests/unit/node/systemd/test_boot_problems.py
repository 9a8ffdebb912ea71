"""What went wrong in a boot is told from the units' states, the journal and the unit files."""

import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from machineconfig_node.base.view import ENVIRONMENT, CheckUnavailableError, ToolResult, View
from machineconfig_node.systemd import boot_problems, ordering_cycles, systemctl

Shown = dict[str, str]
RAN = {
    "LoadState": "loaded",
    "ActiveState": "active",
    "Job": "",
    "ConditionTimestampMonotonic": "5",
    "InactiveExitTimestampMonotonic": "5",
}
NEVER = {
    **RAN,
    "ActiveState": "inactive",
    "ConditionTimestampMonotonic": "0",
    "InactiveExitTimestampMonotonic": "0",
}
SKIPPED = {**NEVER, "ConditionTimestampMonotonic": "5"}
ENDED = {**RAN, "ActiveState": "inactive"}
FAILED = {
    **RAN,
    "ActiveState": "failed",
    "Result": "exit-code",
    "ExecMainCode": "1",
    "ExecMainStatus": "32",
}
CYCLE = """\
sysinit.target: Found ordering cycle on {dropped}/start
sysinit.target: Found dependency on sysinit.target/start
sysinit.target: Job {dropped}/start deleted to break ordering cycle starting with x.target/start
"""

Boot = Callable[..., None]


@dataclass(frozen=True)
class Analyzed(View):
    """A node whose systemd-analyze prints these lines."""

    lines: tuple[str, ...] = ()

    def run(
        self,
        tool: str,  # noqa: ARG002 - it is always the same
        *words: str,  # noqa: ARG002 - same
        environment: Mapping[str, str] | None = None,  # noqa: ARG002 - same
    ) -> ToolResult:
        """Print the lines."""
        return ToolResult(0, [*self.lines])


class Unavailable(View):
    """A node whose systemd-analyze does not answer in time."""

    def run(
        self,
        tool: str,
        *words: str,  # noqa: ARG002 - none is looked at
        environment: Mapping[str, str] | None = None,  # noqa: ARG002 - same
    ) -> ToolResult:
        """Time out."""
        raise CheckUnavailableError(tool)


@pytest.fixture
def boot(monkeypatch: pytest.MonkeyPatch) -> Boot:
    """Make up a boot: the units' states, running start jobs, and the lines of both programs."""

    def made(
        units: dict[str, Shown], jobs: str = "", journal: str = "", analyzed: str = ""
    ) -> None:
        starts = (f"{name}: Installed new job {name}/start as 7\n" for name in units)
        lines = f"{analyzed}{''.join(starts)}".splitlines()
        monkeypatch.setattr(boot_problems, "AS_IT_IS", Analyzed(lines=tuple(lines)))
        monkeypatch.setattr(systemctl, "_systemctl", lambda words: _answer(words, units, jobs))
        found = ordering_cycles.parse(journal.splitlines())
        monkeypatch.setattr(boot_problems, "_cycles_of_boot", lambda: found)

    return made


def _answer(
    words: list[str], units: dict[str, Shown], jobs: str
) -> "subprocess.CompletedProcess[str]":
    verb, *names = [word for word in words if not word.startswith("--")]
    asked = words[1].partition("=")[2].split(",")
    said = jobs
    if verb == "list-units":
        said = "\n".join(name for name, unit in units.items() if unit["ActiveState"] == "failed")
    if verb == "show":
        said = "\n\n".join(_properties(name, units.get(name, ENDED), asked) for name in names)
    return subprocess.CompletedProcess(words, 0, f"{said}\n", "")


def _properties(name: str, unit: Shown, asked: list[str]) -> str:
    shown = {"Id": name, **unit}
    return "\n".join(f"{key}={shown.get(key, '')}" for key in asked)


def not_started(*units: str) -> dict[str, str]:
    return boot_problems.not_started(units)


def test_a_unit_that_systemd_never_tried_to_start_is_found(boot: Boot) -> None:
    boot({"a.service": NEVER})

    assert not_started("a.service") == {"a.service": "was not started in this boot"}


@pytest.mark.parametrize("state", [RAN, SKIPPED, ENDED, FAILED, {**NEVER, "Job": "7"}])
def test_units_that_ran_or_were_skipped_for_a_condition_or_wait_are_no_problem(
    boot: Boot, state: Shown
) -> None:
    boot({"a.service": state})

    assert not_started("a.service") == {}


def test_only_units_of_the_boot_and_of_the_question_count(boot: Boot) -> None:
    boot({"a.service": NEVER, "dev-sda.device": NEVER})

    assert not_started("printer.service", "dev-sda.device") == {}


def test_the_cause_is_the_cycle_that_the_journal_names(boot: Boot) -> None:
    boot({"a.service": NEVER}, journal=CYCLE.format(dropped="a.service"))

    assert not_started("a.service")["a.service"] == (
        "was not started in this boot: systemd dropped its start to break the ordering cycle"
        " a.service -> sysinit.target -> a.service"
    )


def test_without_a_journal_the_cause_is_what_systemd_finds_in_the_unit_files(boot: Boot) -> None:
    boot({"sysinit.target": RAN}, analyzed=CYCLE.format(dropped="a.service"))
    assert not_started("a.service") == {}, "it ran in the meantime"

    boot({"a.service": NEVER}, analyzed=CYCLE.format(dropped="a.service"))
    assert "ordering cycle a.service -> sysinit.target" in not_started("a.service")["a.service"]


def test_a_unit_that_another_boot_would_drop_names_the_cycle_as_well(boot: Boot) -> None:
    boot({"a.service": NEVER}, analyzed=CYCLE.format(dropped="b.service"))

    assert not_started("a.service")["a.service"] == (
        "was not started in this boot: systemd broke ordering cycles:"
        " b.service -> sysinit.target -> b.service"
    )


def test_the_cause_is_a_conflict(boot: Boot) -> None:
    fixed = "Fixing conflicting jobs a.service/start,a.service/stop by deleting job a.service/start"
    boot({"a.service": NEVER}, analyzed=f"a.service: {fixed}\n")

    assert "another unit conflicts with it" in not_started("a.service")["a.service"]


def test_the_cause_is_a_requirement_that_failed(boot: Boot) -> None:
    needs = {**NEVER, "Requires": "b.service c.service", "BindsTo": ""}
    boot({"a.service": needs, "b.service": FAILED, "c.service": RAN})

    assert not_started("a.service")["a.service"] == (
        "was not started in this boot: it requires b.service, which is failed"
    )


def test_what_a_boot_started_and_what_it_dropped(boot: Boot) -> None:
    units = {"ran.service": RAN, "skipped.service": SKIPPED, "enabled-since.service": NEVER}
    boot({**units, "a.service": NEVER}, analyzed=CYCLE.format(dropped="a.service"))

    found = boot_problems.this_boot()

    assert found.started == ["ran.service", "skipped.service"]
    assert found.dropped == ["a.service"]


def test_of_units_in_a_cycle_no_boot_is_expected_to_start_the_same_ones(boot: Boot) -> None:
    boot({"sysinit.target": RAN, "other.service": RAN}, analyzed=CYCLE.format(dropped="a.service"))

    assert boot_problems.this_boot().started == ["other.service"]


def test_where_systemd_analyze_does_not_answer_nothing_is_known_of_the_boot(
    boot: Boot, monkeypatch: pytest.MonkeyPatch
) -> None:
    boot({"a.service": NEVER, "b.service": FAILED})
    monkeypatch.setattr(boot_problems, "AS_IT_IS", Unavailable())

    assert boot_problems.this_boot() == boot_problems.Boot([], [])
    assert not_started("a.service") == {}
    assert boot_problems.find() == ["b.service failed (exit-code 32)"]


def test_a_boot_without_problems(boot: Boot) -> None:
    boot({"ssh.service": RAN})

    assert boot_problems.find() == []


def test_the_first_problems_of_a_boot_and_the_mode_in_which_it_ended(boot: Boot) -> None:
    boot(
        {
            "mnt.mount": {**FAILED, "StateChangeTimestampMonotonic": "7"},
            "earlier.service": {**FAILED, "StateChangeTimestampMonotonic": "6"},
            "later.service": {**FAILED, "StateChangeTimestampMonotonic": "8"},
            "ssh.service": NEVER,
            "emergency.target": RAN,
        }
    )

    assert boot_problems.find(limit=2) == [
        "earlier.service failed (exit-code 32)",
        "mnt.mount failed (exit-code 32)",
        "the boot ended in emergency mode",
    ]


def test_a_boot_that_waits_names_the_unit_that_it_waits_for(boot: Boot) -> None:
    jobs = (
        "12 slow.service start running\n13 multi-user.target start waiting\n"
        "14 machine-config-revert.service start running\n"
    )
    boot({"slow.service": {**NEVER, "ActiveState": "activating"}}, jobs)

    assert boot_problems.find() == ["slow.service is still starting"]


def test_a_boot_that_systemd_could_not_begin_names_the_cause(boot: Boot) -> None:
    boot({"rescue.target": RAN}, analyzed="Unit default.target is masked.\n")

    assert boot_problems.find() == [
        "Unit default.target is masked",
        "the boot ended in rescue mode",
    ]


def test_a_journal_that_cannot_be_read_to_its_end_delays_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "journalctl"
    lines = "a: Found ordering cycle on b/start\na: Job b/start deleted to break ordering cycle"
    program.write_text(f"#!/bin/sh\necho '{lines}'\nexec sleep 600\n")
    program.chmod(0o755)
    path = f"{tmp_path}:{ENVIRONMENT['PATH']}"
    monkeypatch.setattr(boot_problems, "ENVIRONMENT", {"PATH": path})
    monkeypatch.setattr(boot_problems, "SECONDS", 0.5)

    [cycle] = boot_problems._cycles_of_boot()  # noqa: SLF001 - with the program alone

    assert cycle.dropped == "b"
