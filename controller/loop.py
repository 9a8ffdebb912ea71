"""The main thread: waits for news or an interval, keeps quiet a moment, makes a pass.

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

_log = structlog.get_logger(__name__)
_SHARE: Final = 2  # a pass is followed by this many times its own duration without one
_LONGEST: Final = 5  # seconds of that; a pass is long where it has much to write
_SOON: Final = 5  # seconds after which an unfinished pass is made again
_STALE: Final = 10  # intervals after which a loop without a pass counts as dead


class Loop:
    """Wakes, passes and stops."""

    def __init__(self, quiet_period: float, interval: float) -> None:
        """A pass is made after news and `quiet_period` seconds, or after `interval` seconds."""
        self._quiet_period = quiet_period
        self._interval = interval
        self._woken = threading.Event()
        self._stopping = False
        self._passed = time.monotonic()

    def wake(self) -> None:
        """Ask for a pass soon; from any thread."""
        self._woken.set()

    @property
    def healthy(self) -> bool:
        """Whether the last pass is not too old."""
        return time.monotonic() - self._passed < self._interval * _STALE

    def run(self, make_pass: Callable[[], bool], alive: Callable[[], bool]) -> bool:
        """Make passes until SIGTERM or SIGINT; False when `alive` says that something died.

        `make_pass` says whether it finished; one that did not is made again soon.
        """
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        while not self._stopping:
            if not alive():
                return False
            self._woken.clear()
            began = time.monotonic()
            finished = self._pass(make_pass)
            patience = self._interval if finished else min(self._interval, _SOON)
            self._rest(patience, time.monotonic() - began)
        return True

    def _pass(self, make_pass: Callable[[], bool]) -> bool:
        try:
            finished = make_pass()
        except Failed as error:
            _log.warning("pass not finished", reason=reason(error))
            return False
        self._passed = time.monotonic()
        return finished

    def _rest(self, patience: float, duration: float) -> None:
        """Sleep until there is news or no more patience, and then a moment more."""
        if not self._stopping and self._woken.wait(patience):
            rest = max(self._quiet_period, min(duration * _SHARE, _LONGEST))
            time.sleep(0 if self._stopping else rest)

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping = True
        self._woken.set()
