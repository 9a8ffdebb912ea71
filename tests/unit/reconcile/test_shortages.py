"""A shortage of the controller itself ends nothing, and is reported once, as its own."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import FrameType
from typing import Any

import prometheus_client
import pytest
from structlog.testing import capture_logs

from controller.execution.shortage import ShortageError
from controller.reconcile.concurrent_writes import ConcurrentWrites
from controller.reconcile.loop import Loop
from controller.reconcile.shortages import Shortages

NOW = datetime(2030, 1, 1, tzinfo=UTC)
NO_ROOM = "/state: No space left on device (make room there)"


def shown() -> float | None:
    """Return the value of the metric."""
    return prometheus_client.REGISTRY.get_sample_value("machineconfig_controller_shortage")


def test_a_shortage_is_reported_once_and_when_it_is_over() -> None:
    reported: list[str] = []
    shortages = Shortages(reported.append)

    with capture_logs() as logs:
        for second in range(0, 100, 5):
            shortages.found(NO_ROOM, NOW + timedelta(seconds=second))
            shortages.expire(NOW + timedelta(seconds=second))
        assert shown() == 1
        shortages.expire(NOW + timedelta(seconds=200))

    assert reported == [NO_ROOM]
    assert [each.get("reason") for each in logs] == [NO_ROOM, None]
    assert shown() == 0


def test_another_shortage_is_reported_too() -> None:
    reported: list[str] = []
    shortages = Shortages(reported.append)

    for shortage in (NO_ROOM, NO_ROOM, "too many open files"):
        shortages.found(shortage, NOW)

    assert reported == [NO_ROOM, "too many open files"]


@pytest.mark.parametrize(
    "error",
    [
        OSError(24, os.strerror(24)),
        OSError(28, os.strerror(28)),
        MemoryError(),
        ShortageError("no thread can be started"),
    ],
    ids=["open files", "disk", "memory", "threads"],
)
def test_a_pass_that_meets_a_shortage_ends_and_the_next_is_made(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    passes: list[int] = []

    def make_pass() -> float:
        passes.append(1)
        if len(passes) == 3:
            stop[signal.SIGTERM](signal.SIGTERM, None)
        raise error

    monkeypatch.setattr("controller.reconcile.loop.RETRY_SOON", 0.0)
    # The signals are pytest's.
    stop: dict[int, Callable[[int, FrameType | None], None]] = {}
    monkeypatch.setattr("controller.reconcile.loop.signal.signal", stop.__setitem__)

    Loop(0).run(make_pass)

    assert len(passes) == 3


class LateThread(threading.Thread):
    """A thread that starts its work only when its end is awaited."""

    def __init__(self, *args: Any, **keywords: Any) -> None:  # noqa: ANN401 - any arguments
        super().__init__(*args, **keywords)
        self._awaited = threading.Event()

    def run(self) -> None:
        self._awaited.wait()
        super().run()

    def join(self, timeout: float | None = None) -> None:
        self._awaited.set()
        super().join(timeout)


@pytest.mark.parametrize("threads", range(4))
def test_a_write_that_no_thread_could_take_is_not_made_later(
    threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[str] = []
    left = iter(range(threads))
    concurrent_writes = ConcurrentWrites()

    class Last(LateThread):
        def start(self) -> None:
            if next(left, None) is None:
                raise RuntimeError("can't start new thread")
            super().start()

    def ask() -> None:
        with pytest.raises(ShortageError):
            concurrent_writes([_writing(written, "old")] * 6)
        written.append("reported")

    asking = threading.Thread(target=ask, daemon=True)
    with monkeypatch.context() as patch:
        patch.setattr(threading, "Thread", Last)
        asking.start()
        asking.join(10)
    concurrent_writes([_writing(written, "new")])

    assert written == ["reported", "new"]


def _writing(written: list[str], text: str) -> Callable[[], None]:
    return lambda: written.append(text)


def test_a_log_that_cannot_be_written_does_not_end_the_controller() -> None:
    script = (
        "from controller.cli.machineconfig_controller import set_up_logging\n"
        "import structlog, os\n"
        "set_up_logging()\n"
        "structlog.get_logger().error('lost' * 10_000)\n"
        "print('goes on', flush=True); os._exit(0)"
    )
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=full, check=True
        )

    assert done.stdout == b"goes on\n"
