"""The watch that wakes the controller is restarted after any error."""

import threading

import pytest
from structlog.testing import capture_logs

from controller.reconcile import watch
from controller.reconcile.watch import Watch

_TIMEOUT = 10  # seconds


@pytest.mark.parametrize("error", [KeyError("name"), MemoryError(), RuntimeError("no thread")])
def test_an_error_before_the_watch_starts_is_logged_and_retried(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "_RETRY", 0)
    retried = threading.Event()
    errors = iter([error, error])

    def ready() -> bool:
        if failing := next(errors, None):
            raise failing
        retried.set()
        return False

    with (
        capture_logs() as logs,
        Watch(lambda: None, lambda: None, ready, None, timeout=30),
    ):
        assert retried.wait(_TIMEOUT), "it is retried"

    assert [each["event"] for each in logs] == ["watch ended"] * 2
