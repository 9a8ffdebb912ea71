"""When passes are made, and what is told while none is."""

import time
from collections.abc import Callable, Iterator

import pytest
from kubernetes.client.exceptions import ApiException

from controller.cluster.errors import ClusterError
from controller.cluster.request_errors import explain
from controller.reconcile.loop import Loop


class Time:
    """A clock that moves when somebody sleeps; what is to happen happens meanwhile."""

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
    """When passes are made, up to the `most`th."""
    made: list[float] = []

    def make_pass() -> float:
        made.append(round(clock.now - 1000, 3))
        if len(made) == most:
            loop._stop(15, None)  # noqa: SLF001 - as a signal would
        elif len(made) == 1:
            clock.coming[0][1]()  # the first news comes while nobody sleeps
        return 50.0

    loop.run(make_pass)
    return made


def test_objects_that_are_applied_one_after_the_other_are_taken_together(
    loop: Loop, clock: Time
) -> None:
    clock.coming = [(1000.0 + 0.4 * number, loop.wake_for_more) for number in range(5)]

    assert _passes(loop, clock, 2) == [0.0, 2.1]


def test_news_without_end_holds_up_no_pass_for_long(loop: Loop, clock: Time) -> None:
    clock.coming = [(1000.0 + 0.4 * number, loop.wake_for_more) for number in range(100)]

    assert _passes(loop, clock, 2) == [0.0, 5.0]


def test_other_news_is_acted_on_after_one_quiet_period(loop: Loop, clock: Time) -> None:
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
def test_what_somebody_has_to_mend_is_trouble_at_once(loop: Loop, status: int, shown: str) -> None:
    loop._pass(_refused(status).__next__)  # noqa: SLF001 - one of many
    assert loop.trouble == ""

    passes = _refused(status)
    next(passes)
    loop._pass(passes.__next__)  # noqa: SLF001 - the next one

    assert loop.trouble.startswith(shown)


def test_what_passes_by_itself_is_trouble_once_it_lasts(loop: Loop, clock: Time) -> None:
    passes = _refused(503)
    loop._pass(passes.__next__)  # noqa: SLF001 - one of many
    loop._pass(passes.__next__)  # noqa: SLF001 - the next one
    assert loop.trouble == ""

    clock.now += 400

    assert loop.trouble == "a pass is overdue for 350 s"
