"""The main thread: waits for news or until something is due, keeps quiet a moment, makes a pass.

It owns the signals. A pass is followed by a few times its own duration without one, within reason,
so that a slow API server is not pressed.
"""

import signal
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Final

import structlog

from controller.cluster.api_server import Failed, reason
from controller.execution.shortage import ShortageError

_log = structlog.get_logger(__name__)
_SHARE: Final = 2  # a pass is followed by this many times its own duration without one
_LONGEST: Final = 5  # seconds of that; a pass is long where it has much to write
SOON: Final = 5.0  # seconds after which an unfinished pass is made again
_STALE: Final = 300  # seconds after which a pass that was due and was not made counts as dead


class Loop:
    """Wakes, passes and stops."""

    def __init__(self, quiet_period: float) -> None:
        """From now on SIGTERM and SIGINT end it; news is followed by `quiet_period` seconds."""
        self._quiet_period = quiet_period
        self._woken = threading.Event()
        self._stopping = False
        self._due = time.monotonic()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)

    def wake(self) -> None:
        """Ask for a pass soon; from any thread."""
        self._woken.set()

    @property
    def healthy(self) -> bool:
        """Whether no pass is long overdue."""
        return time.monotonic() < self._due + _STALE

    def run(self, make_pass: Callable[[], float], alive: Callable[[], bool]) -> bool:
        """Make passes until SIGTERM or SIGINT; False when `alive` says that something died.

        `make_pass` says after how many seconds the next one is due if nothing happens.
        """
        while not self._stopping:
            if not alive():
                return False
            self._woken.clear()
            began = time.monotonic()
            patience = self._pass(make_pass)
            self._rest(patience, time.monotonic() - began)
        return True

    def _pass(self, make_pass: Callable[[], float]) -> float:
        try:
            patience = make_pass()
        except Failed as error:
            _log.warning("pass not finished", reason=reason(error))
            return SOON
        except (OSError, MemoryError, ShortageError) as error:
            # What this process has too little of may be there again soon.
            _log.error("pass not finished", reason=str(error) or type(error).__name__)
            return SOON
        self._due = time.monotonic() + patience
        return patience

    def _rest(self, patience: float, duration: float) -> None:
        """Sleep until there is news or no more patience, and then a moment more."""
        if not self._stopping and self._woken.wait(patience):
            rest = max(self._quiet_period, min(duration * _SHARE, _LONGEST))
            time.sleep(0 if self._stopping else rest)

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping = True
        self._woken.set()
