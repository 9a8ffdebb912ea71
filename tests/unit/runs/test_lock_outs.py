"""A config is a lock-out only if this process tried to log in until the node rolled it back."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from controller.api.drain import DrainSettings
from controller.api.machine_config_node import MachineConfigNodeStatus, NodeState, Phase
from controller.execution.protocol import Result
from controller.planning.node import Node
from controller.runs.lock_outs import LockOuts
from controller.runs.node_transitions import on_unconfirmed
from controller.runs.update_run import UpdateRun
from tests.unit.runs import trackers
from tests.unit.runs.trackers import NOW, SimulatedRun

TIMEOUT = timedelta(minutes=10)
REFUSED = "Connection refused"
ROLLED_BACK = Result(succeeded=False, phase=Phase.PREFLIGHT, unconfirmed=True)
POLLED = Result(succeeded=False, phase=Phase.VERIFY, unconfirmed=True, login_failed=True)


def silent(phase: Phase = Phase.PREFLIGHT) -> Result:
    return Result(succeeded=False, phase=phase, cause=REFUSED, login_failed=True)


class Process:
    """A controller whose runs end at some minute."""

    def __init__(self) -> None:
        self.lock_outs = LockOuts(TIMEOUT, timedelta(seconds=100))

    def attends(self, *minutes: float) -> None:
        for minute in minutes:
            self.lock_outs.attend(at(minute))

    def ends(
        self,
        result: Result,
        minute: float,
        *,
        attempt: str = "one",
        heard: bool = True,
        applied: bool = True,
    ) -> str:
        run = _run(attempt, at(minute), applied=applied)
        return self.lock_outs.judge(run, result, heard=heard, now=at(minute))


def at(minute: float) -> datetime:
    return NOW + timedelta(minutes=minute)


def _run(attempt: str, entered: datetime, *, applied: bool) -> UpdateRun:
    status = MachineConfigNodeStatus(state=NodeState.WORKING, attempt=attempt, applied=applied)
    node: Node = trackers.node()
    node = type(node)(**{**vars(node), "status": status})
    settings = DrainSettings()
    return UpdateRun(node, SimulatedRun(), 1, settings, None, entered, Phase.REBOOT, entered)


@pytest.fixture
def process() -> Process:
    made = Process()
    made.attends(0)
    return made


def test_logins_that_fail_from_the_apply_to_the_rollback_are_a_lock_out(process: Process) -> None:
    process.ends(silent(Phase.ACTIONS), 0)
    process.ends(silent(), 3)

    assert process.ends(ROLLED_BACK, 11) == f"the controller could not log in for 660 s: {REFUSED}"


def test_a_lock_out_is_one_however_often_its_result_has_to_be_recorded(process: Process) -> None:
    process.ends(silent(Phase.ACTIONS), 0)

    assert process.ends(ROLLED_BACK, 11)
    assert process.ends(ROLLED_BACK, 12)


def test_a_process_that_came_late_must_have_tried_for_most_of_the_time(process: Process) -> None:
    process.ends(silent(), 7)

    assert process.ends(ROLLED_BACK, 11) == ""


def test_a_rollback_without_a_login_that_failed_is_absence(process: Process) -> None:
    assert process.ends(ROLLED_BACK, 11) == ""


def test_a_node_that_was_reached_in_between_is_not_locked_out(process: Process) -> None:
    process.ends(silent(Phase.ACTIONS), 0)
    process.ends(Result(succeeded=False, phase=Phase.VERIFY, cause="unit failed"), 5)

    assert process.ends(ROLLED_BACK, 11) == ""


def test_a_silence_before_anything_was_applied_means_nothing(process: Process) -> None:
    process.ends(silent(), 0, applied=False)

    assert process.ends(ROLLED_BACK, 11) == ""


def test_a_silence_of_another_attempt_means_nothing(process: Process) -> None:
    process.ends(silent(Phase.ACTIONS), 0, attempt="zero")

    assert process.ends(ROLLED_BACK, 11) == ""


def test_a_process_that_hears_of_no_node_is_cut_off_itself(process: Process) -> None:
    process.ends(silent(Phase.ACTIONS), 0)
    process.ends(silent(), 3, heard=False)

    assert process.ends(ROLLED_BACK, 11) == ""


def test_a_process_that_lost_the_lease_was_away(process: Process) -> None:
    process.ends(silent(Phase.ACTIONS), 0)
    process.lock_outs.leave()

    assert process.ends(ROLLED_BACK, 11) == ""


def test_a_process_that_was_suspended_was_away(process: Process) -> None:
    process.ends(silent(Phase.ACTIONS), 0)
    process.attends(1, 9)

    assert process.ends(ROLLED_BACK, 11) == ""


def test_a_run_that_polled_the_node_until_the_rollback_found_a_lock_out(process: Process) -> None:
    assert "could not log in" in process.ends(POLLED, 11)


def test_a_run_that_was_suspended_while_it_polled_found_nothing(process: Process) -> None:
    run = _run("one", at(0), applied=True)
    process.attends(1, 20)

    assert process.lock_outs.judge(run, POLLED, heard=True, now=at(21)) == ""


def test_a_lock_out_that_the_api_server_does_not_store_is_a_failure_the_second_time() -> None:
    node = _run("one", NOW, applied=True).node
    first = on_unconfirmed(node, ROLLED_BACK, REFUSED, NOW)
    dropped = first.status.model_copy(update={"unconfirmed": None})

    again = on_unconfirmed(replace(node, status=dropped), ROLLED_BACK, REFUSED, NOW)
    assert (first.event_reason, again.event_reason) == ("LockedOut", "Failed")
    assert again.status.last_failure is not None, "so that it backs off"
