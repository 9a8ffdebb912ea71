"""When passes are made, and what /healthz reports while none is."""

import time
from collections.abc import Callable, Iterator

import pytest
from kubernetes.client.exceptions import ApiException

from controller.cluster.errors import ClusterError
from controller.cluster.request_errors import explain
from controller.reconcile.loop import Loop


class Time:
    """A clock that moves during sleeps, in which events happen when they are due."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.coming: list[tuple[float, Callable[[], None]]] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        end = self.now + seconds
        while self.coming and self.coming[0][0] <= end:
            self.now, happen = self.coming.pop(0)
            happen()
        self.now = end


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Time:
    clock = Time()
    monkeypatch.setattr(time, "monotonic", clock.monotonic)
    monkeypatch.setattr(time, "sleep", clock.sleep)
    return clock


@pytest.fixture
def loop(monkeypatch: pytest.MonkeyPatch, clock: Time) -> Loop:
    del clock
    monkeypatch.setattr("signal.signal", lambda *_: None)
    return Loop(0.5)


def _passes(loop: Loop, clock: Time, most: int) -> list[float]:
    """Return when passes are made, up to the `most`th."""
    made: list[float] = []

    def make_pass() -> float:
        made.append(round(clock.now - 1000, 3))
        if len(made) == most:
            loop._stop(15, None)  # noqa: SLF001 - as a signal would
        elif len(made) == 1:
            clock.coming[0][1]()  # the first event comes during the first pass
        return 50.0

    loop.run(make_pass)
    return made


def test_objects_that_are_applied_one_after_the_other_are_reconciled_together(
    loop: Loop, clock: Time
) -> None:
    clock.coming = [(1000.0 + 0.4 * number, loop.wake_for_more) for number in range(5)]

    assert _passes(loop, clock, 2) == [0.0, 2.1]


def test_events_without_end_delay_a_pass_only_for_seconds(loop: Loop, clock: Time) -> None:
    clock.coming = [(1000.0 + 0.4 * number, loop.wake_for_more) for number in range(100)]

    assert _passes(loop, clock, 2) == [0.0, 5.0]


def test_other_events_lead_to_a_pass_after_one_quiet_period(loop: Loop, clock: Time) -> None:
    clock.coming = [(1000.0 + 0.4 * number, loop.wake) for number in range(5)]

    assert _passes(loop, clock, 2) == [0.0, 0.5]


def _refused(status: int) -> Iterator[float]:
    yield 50.0
    raise ClusterError(*explain(ApiException(status=status, reason="no")))


@pytest.mark.parametrize(
    ("status", "shown"),
    [
        (401, "the API server does not accept the controller's credentials: no"),
        (403, "the controller lacks a permission: no"),
        (404, "the kinds of machineconfiguration.alauda.io are not installed"),
    ],
)
def test_an_error_with_a_remedy_is_reported_at_once(loop: Loop, status: int, shown: str) -> None:
    loop._pass(_refused(status).__next__)  # noqa: SLF001 - one of many
    assert loop.problem == ""

    passes = _refused(status)
    next(passes)
    loop._pass(passes.__next__)  # noqa: SLF001 - the next one

    assert loop.problem.startswith(shown)


def test_a_transient_error_is_reported_once_a_pass_is_long_overdue(loop: Loop, clock: Time) -> None:
    passes = _refused(503)
    loop._pass(passes.__next__)  # noqa: SLF001 - one of many
    loop._pass(passes.__next__)  # noqa: SLF001 - the next one
    assert loop.problem == ""

    clock.now += 400

    assert loop.problem == "a pass is overdue for 350 s"
