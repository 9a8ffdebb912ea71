"""Writes of many nodes at once."""

import threading
from collections.abc import Callable, Iterator

import pytest

from controller.reconcile.write_pool import WritePool


def test_writes_wait_for_their_answers_side_by_side() -> None:
    met = threading.Barrier(4, timeout=10)

    WritePool()([met.wait] * 8)


def test_an_error_is_raised_when_all_else_is_written() -> None:
    written: list[int] = []

    def fail() -> None:
        raise KeyError

    with pytest.raises(KeyError):
        WritePool()([fail, *([lambda: written.append(1)] * 9)])

    assert len(written) == 9


def test_what_was_begun_is_written_also_where_the_next_cannot_be_said() -> None:
    written: list[int] = []

    def writes() -> Iterator[Callable[[], object]]:
        yield lambda: written.append(1)
        raise KeyError

    with pytest.raises(KeyError):
        WritePool()(writes())

    assert written == [1]
