"""The main thread: waits for an event or a due time, lets events settle, and makes a pass.

It owns the signals. After a pass it waits in proportion to that pass's duration, within bounds, so
that a slow API server is not overloaded.
"""

import signal
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Final

import structlog

from controller.cluster.errors import ClusterError
from controller.execution.shortage import ShortageError
from controller.reconcile.requeue import RETRY_SOON

_log = structlog.get_logger(__name__)
_COOLDOWN_FACTOR: Final = 2  # times the duration of a pass, for which the next one waits
_MAX_COOLDOWN: Final = 5  # seconds of that, and of events that follow each other
_STALE: Final = 300  # seconds after which an overdue pass counts as dead


class Loop:
    """Waits, makes passes, and stops at a signal."""

    def __init__(self, quiet_period: float) -> None:
        """Handle SIGTERM and SIGINT; let events settle for `quiet_period` seconds."""
        self._quiet_period = quiet_period
        self._woken = threading.Event()
        self._stopping = False
        self._due = time.monotonic()
        self._quiet_from = self._due
        self._problem = ""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)

    def wake(self) -> None:
        """Request a pass soon; from any thread."""
        self._woken.set()

    def wake_for_more(self) -> None:
        """Request a pass once no more events follow; from any thread.

        `kubectl apply` writes one object after the other, and all of them belong together.
        """
        self._quiet_from = time.monotonic() + self._quiet_period
        self._woken.set()

    @property
    def problem(self) -> str:
        """Why no passes are made though they are due, with a remedy; empty while they are.

        A transient cause counts once a pass is long overdue.
        """
        overdue = time.monotonic() - self._due
        return self._problem or (f"a pass is overdue for {overdue:.0f} s" * (overdue > _STALE))

    def run(self, make_pass: Callable[[], float]) -> None:
        """Make passes until SIGTERM or SIGINT.

        `make_pass` returns in how many seconds the next pass is due if no event comes before.
        """
        while not self._stopping:
            self._woken.clear()
            began = time.monotonic()
            requeue_after = self._pass(make_pass)
            self._wait(requeue_after, time.monotonic() - began)

    def _pass(self, make_pass: Callable[[], float]) -> float:
        try:
            requeue_after = make_pass()
        except ClusterError as error:
            remedy = {"remedy": error.remedy} if error.remedy else {}
            _log.warning("pass failed", reason=error.cause, **remedy)
            self._problem = str(error) if error.remedy else ""
            return RETRY_SOON
        except (OSError, MemoryError, ShortageError) as error:
            # The controller's own resources may be free again soon.
            _log.error("pass failed", reason=str(error) or type(error).__name__)
            return RETRY_SOON
        self._problem = ""
        self._due = time.monotonic() + requeue_after
        return requeue_after

    def _wait(self, requeue_after: float, duration: float) -> None:
        """Sleep until an event or the due time; after an event, until no more follow."""
        if self._stopping or not self._woken.wait(requeue_after):
            return
        woken_at = time.monotonic()
        cooldown = min(duration * _COOLDOWN_FACTOR, _MAX_COOLDOWN)
        quiet = woken_at + max(self._quiet_period, cooldown)
        while not self._stopping:
            until = max(quiet, min(self._quiet_from, woken_at + _MAX_COOLDOWN))
            if (left := until - time.monotonic()) <= 0:
                return
            time.sleep(left)

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping = True
        self._woken.set()
