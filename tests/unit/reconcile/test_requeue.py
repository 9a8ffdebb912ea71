"""When the next pass is due."""

from datetime import UTC, datetime, timedelta

import pytest

from controller.reconcile.requeue import RETRY_SOON, requeue_after

NOW = datetime(2030, 1, 1, tzinfo=UTC)


def _after(*seconds: float | None, complete: bool = True) -> float:
    due = [None if each is None else NOW + timedelta(seconds=each) for each in seconds]
    return requeue_after(due, NOW, 50, complete=complete)


@pytest.mark.parametrize(
    ("due", "seconds"),
    [
        ((), 50),
        ((None, None), 50),
        ((20, None, 30), 20),
        ((70,), 50),
        ((-3, 20), 0),
    ],
    ids=["nothing", "no time", "the first", "resync before", "overdue"],
)
def test_the_next_pass_is_made_when_the_first_thing_is_due(
    due: tuple[float | None, ...], seconds: float
) -> None:
    assert _after(*due) == seconds


def test_a_pass_that_was_not_completed_is_made_again_soon() -> None:
    assert _after(20, complete=False) == RETRY_SOON
    assert _after(2, complete=False) == 2
