"""The main thread: waits for news or an interval, keeps quiet a moment, makes a pass.

It owns the signals. Passes come never closer than a few times the last one's own duration, so that
a slow API server is not pressed.
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

    def run(self, make_pass: Callable[[], None], alive: Callable[[], bool]) -> bool:
        """Make passes until SIGTERM or SIGINT; False when `alive` says that something died."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        while not self._stopping:
            if not alive():
                return False
            self._woken.clear()
            began = time.monotonic()
            self._pass(make_pass)
            self._rest(time.monotonic() - began)
        return True

    def _pass(self, make_pass: Callable[[], None]) -> None:
        try:
            make_pass()
        except Failed as error:
            _log.warning("pass not finished", reason=reason(error))
            return
        self._passed = time.monotonic()

    def _rest(self, duration: float) -> None:
        """Sleep until there is news or the interval is over, and then a moment more."""
        if not self._stopping and self._woken.wait(self._interval):
            time.sleep(0 if self._stopping else max(self._quiet_period, duration * _SHARE))

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping = True
        self._woken.set()
