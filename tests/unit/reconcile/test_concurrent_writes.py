"""Writes of many nodes at once."""

import threading
from collections.abc import Callable, Iterator

import pytest

from controller.reconcile.concurrent_writes import ConcurrentWrites


def test_writes_wait_for_their_answers_at_the_same_time() -> None:
    met = threading.Barrier(4, timeout=10)

    ConcurrentWrites()([met.wait] * 8)


def test_an_error_is_raised_once_all_other_writes_have_ended() -> None:
    written: list[int] = []

    def fail() -> None:
        raise KeyError

    with pytest.raises(KeyError):
        ConcurrentWrites()([fail, *([lambda: written.append(1)] * 9)])

    assert len(written) == 9


def test_writes_that_were_started_end_although_the_next_one_cannot_be_named() -> None:
    written: list[int] = []

    def writes() -> Iterator[Callable[[], object]]:
        yield lambda: written.append(1)
        raise KeyError

    with pytest.raises(KeyError):
        ConcurrentWrites()(writes())

    assert written == [1]
