"""The watch that wakes the controller goes on, whatever ends it."""

import threading

import pytest
from structlog.testing import capture_logs

from controller.reconcile import watch
from controller.reconcile.watch import Watch

_PATIENCE = 10  # seconds


@pytest.mark.parametrize("error", [KeyError("name"), MemoryError(), RuntimeError("no thread")])
def test_what_fails_before_a_watch_begins_is_told_and_tried_again(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "_PAUSE", 0)
    asked_again = threading.Event()
    errors = iter([error, error])

    def ready() -> bool:
        if failing := next(errors, None):
            raise failing
        asked_again.set()
        return False

    with (
        capture_logs() as logs,
        Watch(lambda: None, lambda: None, ready, None, silence=30),
    ):
        assert asked_again.wait(_PATIENCE), "it is asked again"

    assert [each["event"] for each in logs] == ["watch ended"] * 2
