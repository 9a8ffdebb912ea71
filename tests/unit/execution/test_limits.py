"""The limits of a run in each of its phases, and the node or run that exceeds them."""

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


def causes(monitor: LimitMonitor, now: float, *processes: Process) -> list[str]:
    return [each.cause for each in monitor.violations(processes, now)]


@pytest.fixture
def monitor() -> LimitMonitor:
    started = LimitMonitor(LIMITS, 0)
    started.enter("preflight", 0)
    assert causes(started, 0, worker(), ssh()) == []
    return started


def test_an_answer_within_the_limits_is_no_violation(monitor: LimitMonitor) -> None:
    assert causes(monitor, 29, worker(read=7 * MIB), ssh()) == []


def test_an_overdue_answer_is_reported_once_before_it_is_ended(monitor: LimitMonitor) -> None:
    [reported] = monitor.violations([worker(), ssh()], 31)
    assert reported.tolerated
    assert reported.cause == "the node has not answered for 30 s (limit: 60 s)"
    assert causes(monitor, 59, worker(), ssh()) == []

    [ended] = monitor.violations([worker(), ssh()], 61)
    assert (ended.pid, ended.node, ended.tolerated) == (SSH, "w-1", False)
    assert ended.cause == "the node has not answered within 60 s"


def test_each_answer_has_limits_of_its_own(monitor: LimitMonitor) -> None:
    assert causes(monitor, 50, worker(read=7 * MIB), ssh(4)) == []
    assert causes(monitor, 75, worker(read=14 * MIB), ssh(4)) == []


def test_a_node_that_answers_without_an_end_is_ended_by_itself(monitor: LimitMonitor) -> None:
    [ended] = monitor.violations([worker(read=9 * MIB), ssh()], 1)

    assert (ended.pid, ended.node) == (SSH, "w-1")
    assert ended.cause == "the node has answered more than 8 MiB"


@pytest.mark.parametrize("role", ["preflight", "cordon", "drain", "apply", "actions", "verify"])
def test_every_phase_has_a_time_limit(role: str) -> None:
    monitor = LimitMonitor(LIMITS, 0)
    monitor.enter(role, 100)

    assert causes(monitor, 219) == []
    assert list(monitor.violations([], 221)) == [Violation("the run has taken longer than 2 min")]


def test_a_phase_with_a_timeout_of_its_own_has_that_time_in_addition() -> None:
    monitor = LimitMonitor(LIMITS, 0)
    monitor.enter("reboot", 0)

    assert causes(monitor, 719) == []
    assert causes(monitor, 721) == ["the run has taken longer than 12 min"]


def test_a_phase_that_is_entered_repeatedly_has_its_time_once() -> None:
    monitor = LimitMonitor(LIMITS, 0)
    for moment in range(120):
        monitor.enter("drain", moment)

    assert causes(monitor, 121) == ["the run has taken longer than 2 min"]


def test_a_run_over_many_nodes_is_limited_by_the_answers_of_each() -> None:
    monitor = LimitMonitor(LIMITS.over(1000), 0)
    monitor.enter("check", 0)

    assert causes(monitor, 3600, worker(), ssh()) == []
    assert causes(monitor, 3661, worker(), ssh()) == ["the node has not answered within 60 s"]


def test_a_process_that_grows_without_an_answer_ends_its_run(monitor: LimitMonitor) -> None:
    [ended] = monitor.violations([worker(memory=513 * MIB)], 1)

    assert not ended.pid
    assert ended.cause == "the run has taken more than 512 MiB of memory"
