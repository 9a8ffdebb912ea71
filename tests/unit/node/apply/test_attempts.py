"""One attempt causes one reboot, whatever fails later and in whatever order runs are killed."""

from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from machineconfig_node.apply import applying, attempts, preview
from machineconfig_node.apply.transaction import Transaction
from machineconfig_node.base.errors import NodeError
from machineconfig_node.comparison import compare
from machineconfig_node.manifest import desired_state
from machineconfig_node.manifest.desired_state import DesiredState
from machineconfig_node.record import failed_attempt, node_record
from machineconfig_node.rollback import by_run

from tests.unit.node.build import file, manifest

REBOOT = {"type": "Reboot"}
RESTART = {"type": "Restart", "restart": {"serviceName": "a.service"}}
PHASES = ("apply", "services", "reboot", "verify", "settle")


class KilledError(Exception):
    """The run was killed at this point."""


@dataclass
class Machine:
    """A node to which a playbook applies configs, and what happens to its files at each boot."""

    folder: str
    path: Path
    boot: int = 1
    # Whether the managed file changes at each boot.
    spoils: bool = False
    # The number of reboots, by the attempt whose apply required them.
    ordered: Counter[str] = field(default_factory=Counter)

    @property
    def boot_id(self) -> str:
        return f"boot-{self.boot}"

    def wanted(self, version: str) -> DesiredState:
        return desired_state.read(manifest(file(self.path, version.encode()), config=version))

    def reboot(self) -> None:
        self.boot += 1
        if self.spoils:
            self.path.write_text("spoiled")

    def update(self, run: "Run") -> None:
        """Do what `playbooks/update.yml` does on the node; the policy requires `run.action`."""
        wanted = self.wanted(run.version)
        asked: dict[str, Any] = {"again": run.again, "attempt": run.attempt}
        found = node_record.load(self.folder)
        wish = attempts.AttemptRequest.of(asked, wanted)
        attempts.refuse_superseded(found, wanted, wish)
        seen = preview.preview(found, wanted, compare.of_disk(wanted), wish)
        differs = seen["differences"] or seen["owed_differences"]
        actions = [run.action] if differs and not seen["only_verifies"] else []
        if seen["failed_before"] and seen["failed_before"]["actions"] == actions:
            raise NodeError("failed before", "")
        run.reach("apply")
        if seen["pending"]:
            decided = {"actions": actions, "fingerprint": seen["fingerprint"], **asked}
            applying.apply(found, wanted, {**decided, "confirm_timeout": 600})
        run.reach("services")
        found = node_record.load(self.folder)
        run.reach("reboot")
        if found.needs_reboot(self.boot_id):
            self.ordered[found.attempt] += 1
            self.reboot()
        run.reach("verify")
        self._verify(node_record.load(self.folder), wanted, run)

    def _verify(self, found: node_record.Record, wanted: DesiredState, run: "Run") -> None:
        if run.fails or compare.of_disk(wanted):
            if found.debts is not None and not found.awaits_verification(self.boot_id):
                by_run.roll_back(self.folder, found, "it does not work")
            raise NodeError("still not as wanted", "")
        run.reach("settle")
        found.debts = None
        found.save(self.folder)


@dataclass(frozen=True)
class Run:
    """One run of the playbook: by a controller for an attempt, or by hand without one."""

    version: str
    attempt: str = ""
    again: bool = False
    action: Any = field(default_factory=lambda: REBOOT)
    # Whether verify fails, and in which phase the run is killed.
    fails: bool = False
    killed_at: str = ""

    def reach(self, phase: str) -> None:
        if phase == self.killed_at:
            raise KilledError(phase)


@pytest.fixture
def machine(folder: str, disk: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A node that has no config yet."""
    made = Machine(folder, disk / "a")
    for module in (applying, preview):
        monkeypatch.setattr(module, "FOLDER", folder, raising=False)
    for module in (node_record, preview, applying):
        monkeypatch.setattr(module, "boot_id", lambda: made.boot_id, raising=False)
    return made


def fails(machine: Machine, run: Run) -> None:
    with pytest.raises(NodeError):
        machine.update(run)


RUNS = st.builds(
    Run,
    version=st.just("one"),
    attempt=st.sampled_from(["", "first", "first", "second"]),
    action=st.sampled_from([REBOOT, REBOOT, RESTART]),
    fails=st.booleans(),
    killed_at=st.sampled_from(["", "", *PHASES]),
)


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    runs=st.lists(st.one_of(RUNS, st.just("power cut")), max_size=12),
    later=st.sampled_from(["one", "two"]),
    spoils=st.booleans(),
)
def test_retries_of_an_attempt_reboot_a_node_once_however_they_fail_or_are_killed(
    machine: Machine, runs: list[Run | str], later: str, *, spoils: bool
) -> None:
    _empty(machine, spoils=spoils)
    of_attempts = [each for each in runs if isinstance(each, Run)]
    # A controller starts an attempt only after it has abandoned the previous one.
    ordered = sorted(of_attempts, key=lambda run: run.attempt == "second")
    in_order = iter([_of(run, later) for run in ordered])
    done: set[str] = set()
    for each in runs:
        run = next(in_order) if isinstance(each, Run) else None
        if run is None:
            machine.reboot()
        elif run.attempt not in done and _succeeds(machine, run):
            done.add(run.attempt)
    # A run by hand and the first attempt apply the same config: the later one resumes it.
    begun = {run.attempt == "second" for run in of_attempts}
    assert machine.ordered.total() <= len(begun), machine.ordered


def _of(run: Run, later: str) -> Run:
    """Return the run for its attempt: the second attempt may have another config."""
    return replace(run, version=later) if run.attempt == "second" else run


def _succeeds(machine: Machine, run: Run) -> bool:
    try:
        machine.update(run)
    except (KilledError, NodeError):
        return False
    return True


def _empty(machine: Machine, *, spoils: bool) -> None:
    """Reset the node, because hypothesis uses one folder for all examples."""
    kept = (Path(machine.folder, name) for name in ("record.json", "journal.json"))
    for each in (machine.path, *kept):
        each.unlink(missing_ok=True)
    machine.spoils = spoils
    machine.ordered.clear()


def test_a_file_that_changes_at_each_boot_makes_retries_only_verify(
    machine: Machine,
) -> None:
    machine.spoils = True
    for _ in range(5):
        fails(machine, Run("one", "first"))
        fails(machine, Run("one"))

    assert machine.ordered == {"first": 1}


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param(Run("one", "second"), id="a controller with a new target"),
        pytest.param(Run("one", "second", again=True), id="a controller that was asked to recover"),
        pytest.param(Run("one", again=True), id="a person with machineconfig_again"),
        pytest.param(Run("two", "second"), id="a new config"),
    ],
)
def test_a_request_applies_an_unverified_config_again(machine: Machine, asked: Run) -> None:
    machine.spoils = True
    fails(machine, Run("one", "first"))
    machine.spoils = False

    machine.update(asked)

    assert sum(machine.ordered.values()) == 2
    assert node_record.load(machine.folder).debts is None


def test_a_requested_attempt_is_applied_once_however_often_it_is_retried(
    machine: Machine,
) -> None:
    machine.spoils = True
    fails(machine, Run("one"))
    for _ in range(3):
        fails(machine, Run("one", "recover", again=True))

    assert machine.ordered == {"": 1, "recover": 1}


def test_a_controller_resumes_what_was_applied_by_hand(
    machine: Machine,
) -> None:
    machine.spoils = True
    fails(machine, Run("one"))
    fails(machine, Run("one", "first"))

    assert machine.ordered == {"": 1}


def test_a_node_fixed_by_hand_after_its_reboot_is_verified_without_another_reboot(
    machine: Machine,
) -> None:
    machine.spoils = True
    fails(machine, Run("one", "first"))
    machine.path.write_text("one")

    machine.update(Run("one", "first"))

    assert machine.ordered == {"first": 1}


FAILED = Run("one", "first", action=RESTART, fails=True)


def failed_before(machine: Machine, wanted: Run) -> failed_attempt.FailedAttempt:
    found = node_record.load(machine.folder)
    desired_now = machine.wanted(wanted.version)
    failed = attempts.failed_before(
        found, desired_now, attempts.AttemptRequest(wanted.attempt, wanted.again)
    )
    assert not failed or failed["cause"] == "it does not work"
    return failed


def test_a_rolled_back_attempt_is_recognized_by_its_retries_only(
    machine: Machine,
) -> None:
    fails(machine, FAILED)

    assert failed_before(machine, FAILED)
    assert not failed_before(machine, Run("one", "second")), "a user requested it"
    assert not failed_before(machine, Run("one")), "a run by hand is a request too"
    assert not failed_before(machine, Run("two", "first")), "another config"


def test_an_apply_that_fails_halfway_is_recognized_too(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise NodeError("it does not work", "")

    with monkeypatch.context() as patch:
        patch.setattr(Transaction, "_write_paths", full)
        fails(machine, FAILED)

    found = node_record.load(machine.folder)
    assert found.failed["cause"] == "it does not work (everything was rolled back)"
    assert found.failed["actions"] == [RESTART]


@pytest.mark.parametrize("change", ["a boot", "a package"])
def test_a_change_on_the_node_allows_a_failed_attempt_once_more(
    machine: Machine, change: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packages = tmp_path / "status"
    packages.write_text("")
    monkeypatch.setattr(failed_attempt, "_WATCHED", (str(packages),))
    fails(machine, FAILED)

    if change == "a boot":
        machine.reboot()
    else:
        packages.write_text("installed")

    assert not failed_before(machine, FAILED)


def test_a_rolled_back_node_is_settled_and_later_drift_is_fixed(machine: Machine) -> None:
    machine.update(Run("one", action=RESTART))
    fails(machine, Run("two", "first", action=RESTART, fails=True))

    assert by_run.settle(machine.folder, node_record.load(machine.folder))
    machine.reboot()
    machine.path.write_text("another user's")
    machine.update(Run("one"))

    assert machine.path.read_text() == "one"


def test_a_rollback_to_an_unverified_config_does_not_verify_it(machine: Machine) -> None:
    machine.spoils = True
    fails(machine, Run("one", "first"))
    fails(machine, Run("two", "second", action=RESTART, fails=True))

    back = node_record.load(machine.folder)

    assert back.config == "one"
    assert not by_run.settle(machine.folder, back), "pods stay away from it"
    fails(machine, Run("one", "first"))
    assert machine.ordered == {"first": 1}, "and its reboot is not forgotten"


@pytest.mark.parametrize("forced", [False, True])
def test_a_force_file_allows_one_more_attempt_and_not_every_retry(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, forced: bool
) -> None:
    force_file = tmp_path / "force"
    monkeypatch.setattr(failed_attempt, "_WATCHED", (str(force_file),))
    fails(machine, FAILED)
    if forced:
        force_file.touch()
        assert not failed_before(machine, FAILED)
        fails(machine, FAILED)

    wish = attempts.AttemptRequest(FAILED.attempt, forced=forced)
    found, wanted = node_record.load(machine.folder), machine.wanted(FAILED.version)
    assert attempts.failed_before(found, wanted, wish)


def test_a_rolled_back_node_that_is_still_cordoned_may_be_uncordoned(
    machine: Machine,
) -> None:
    machine.update(Run("one", action=RESTART))
    fails(machine, Run("two", "first", action=RESTART, fails=True))
    by_run.settle(machine.folder, node_record.load(machine.folder))

    assert failed_before(machine, Run("two", "first"))["as_before"]
    machine.path.write_text("another user's")
    assert not failed_before(machine, Run("two", "first"))["as_before"]


@pytest.mark.parametrize("ends", ["before its reboot", "after its reboot"])
def test_a_retry_does_not_undo_what_was_applied_by_hand(machine: Machine, ends: str) -> None:
    action = REBOOT if ends == "after its reboot" else RESTART
    fails(machine, Run("bad", "first", fails=True, action=action))
    machine.update(Run("mended"))
    machine.reboot()

    with pytest.raises(NodeError, match="mended was applied by hand since the update to bad began"):
        machine.update(Run("bad", "first", action=action))

    assert machine.path.read_text() == "mended"


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param(Run("bad", "recover", again=True), id="recover"),
        pytest.param(Run("bad", "second"), id="the target once more, after another one"),
        pytest.param(Run("newer", "second"), id="a new target"),
        pytest.param(Run("bad"), id="by hand"),
    ],
)
def test_a_later_request_replaces_what_was_applied_by_hand(machine: Machine, asked: Run) -> None:
    fails(machine, Run("bad", "first", fails=True))
    machine.update(Run("mended"))
    machine.update(Run("mended"))

    machine.update(asked)

    assert machine.path.read_text() == asked.version
    assert not node_record.load(machine.folder).failed or asked.attempt == ""


def test_an_attempt_that_is_finished_by_hand_is_resumed_by_its_controller(machine: Machine) -> None:
    with pytest.raises(KilledError):
        machine.update(Run("one", "first", killed_at="reboot"))
    machine.update(Run("one"))

    machine.update(Run("one", "first"))

    assert machine.ordered == {"first": 1}
