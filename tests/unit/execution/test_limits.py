"""What a run may take, in each of its phases, and who is blamed for more."""

import pytest

from controller.execution.limits import LimitMonitor, Limits, Violation
from controller.execution.processes import Process

MIB = 2**20
LIMITS = Limits(answer=60, more={"reboot": 600})
WORKER, SSH = 2, 3


def worker(read: int = 0, memory: int = 60 * MIB) -> Process:
    return Process(WORKER, 1, memory, read)


def ssh(pid: int = SSH, node: str = "w-1") -> Process:
    return Process(pid, WORKER, MIB, 0, node)


def said(bounds: LimitMonitor, now: float, *processes: Process) -> list[str]:
    return [each.cause for each in bounds.violations(processes, now)]


@pytest.fixture
def bounds() -> LimitMonitor:
    begun = LimitMonitor(LIMITS, 0)
    begun.enter("preflight", 0)
    assert said(begun, 0, worker(), ssh()) == []
    return begun


def test_who_answers_in_time_and_within_measure_is_left_alone(bounds: LimitMonitor) -> None:
    assert said(bounds, 29, worker(read=7 * MIB), ssh()) == []


def test_a_node_that_is_silent_is_told_of_once_before_it_is_ended(bounds: LimitMonitor) -> None:
    [told] = bounds.violations([worker(), ssh()], 31)
    assert told.tolerated
    assert told.cause == "the node has not answered for 30 s (limit: 60 s)"
    assert said(bounds, 59, worker(), ssh()) == []

    [ended] = bounds.violations([worker(), ssh()], 61)
    assert (ended.pid, ended.node, ended.tolerated) == (SSH, "w-1", False)
    assert ended.cause == "the node has not answered within 60 s"


def test_each_answer_has_its_own_time_and_its_own_measure(bounds: LimitMonitor) -> None:
    assert said(bounds, 50, worker(read=7 * MIB), ssh(4)) == []
    assert said(bounds, 75, worker(read=14 * MIB), ssh(4)) == []


def test_a_node_that_answers_without_an_end_is_ended_by_itself(bounds: LimitMonitor) -> None:
    [ended] = bounds.violations([worker(read=9 * MIB), ssh()], 1)

    assert (ended.pid, ended.node) == (SSH, "w-1")
    assert ended.cause == "the node has answered more than 8 MiB"


@pytest.mark.parametrize("role", ["preflight", "cordon", "drain", "apply", "actions", "verify"])
def test_no_phase_goes_on_for_ever(role: str) -> None:
    bounds = LimitMonitor(LIMITS, 0)
    bounds.enter(role, 100)

    assert said(bounds, 219) == []
    assert list(bounds.violations([], 221)) == [Violation("the run has taken longer than 2 min")]


def test_a_phase_that_waits_by_a_setting_of_its_own_has_that_time_too() -> None:
    bounds = LimitMonitor(LIMITS, 0)
    bounds.enter("reboot", 0)

    assert said(bounds, 719) == []
    assert said(bounds, 721) == ["the run has taken longer than 12 min"]


def test_a_phase_that_is_entered_again_and_again_has_its_time_once() -> None:
    bounds = LimitMonitor(LIMITS, 0)
    for moment in range(120):
        bounds.enter("drain", moment)

    assert said(bounds, 121) == ["the run has taken longer than 2 min"]


def test_a_run_over_many_nodes_goes_on_while_each_of_them_answers_in_time() -> None:
    bounds = LimitMonitor(LIMITS.over(1000), 0)
    bounds.enter("check", 0)

    assert said(bounds, 3600, worker(), ssh()) == []
    assert said(bounds, 3661, worker(), ssh()) == ["the node has not answered within 60 s"]


def test_a_process_that_grows_without_an_answer_ends_its_run(bounds: LimitMonitor) -> None:
    [ended] = bounds.violations([worker(memory=513 * MIB)], 1)

    assert not ended.pid
    assert ended.cause == "the run has taken more than 512 MiB of memory"
