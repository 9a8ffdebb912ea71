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

from controller.cluster.api_server import RequestErrors
from controller.cluster.request_errors import explain
from controller.execution.shortage import ShortageError

_log = structlog.get_logger(__name__)
_SHARE: Final = 2  # a pass is followed by this many times its own duration without one
_LONGEST: Final = 5  # seconds of that, and of news that follows news
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
        self._quiet_from = self._due
        self._trouble = ""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)

    def wake(self) -> None:
        """Ask for a pass soon; from any thread."""
        self._woken.set()

    def wake_for_more(self) -> None:
        """The same, where more of it is likely to follow at once; from any thread.

        `kubectl apply` writes one object after the other, and all of them are meant together.
        """
        self._quiet_from = time.monotonic() + self._quiet_period
        self._woken.set()

    @property
    def trouble(self) -> str:
        """Why no passes are made, though they are due, and what to do about it; empty if they are.

        What passes by itself counts once a pass is long overdue.
        """
        overdue = time.monotonic() - self._due
        return self._trouble or (f"a pass is overdue for {overdue:.0f} s" * (overdue > _STALE))

    def run(self, make_pass: Callable[[], float]) -> None:
        """Make passes until SIGTERM or SIGINT.

        `make_pass` says after how many seconds the next one is due if nothing happens.
        """
        while not self._stopping:
            self._woken.clear()
            began = time.monotonic()
            patience = self._pass(make_pass)
            self._rest(patience, time.monotonic() - began)

    def _pass(self, make_pass: Callable[[], float]) -> float:
        try:
            patience = make_pass()
        except RequestErrors as error:
            why, remedy = explain(error)
            _log.warning("pass not finished", reason=why, **({"remedy": remedy} if remedy else {}))
            self._trouble = f"{why} ({remedy})" if remedy else ""
            return SOON
        except (OSError, MemoryError, ShortageError) as error:
            # What this process has too little of may be there again soon.
            _log.error("pass not finished", reason=str(error) or type(error).__name__)
            return SOON
        self._trouble = ""
        self._due = time.monotonic() + patience
        return patience

    def _rest(self, patience: float, duration: float) -> None:
        """Sleep until there is news or no more patience, and then until no more is to follow."""
        if self._stopping or not self._woken.wait(patience):
            return
        heard = time.monotonic()
        quiet = heard + max(self._quiet_period, min(duration * _SHARE, _LONGEST))
        while not self._stopping:
            until = max(quiet, min(self._quiet_from, heard + _LONGEST))
            if (left := until - time.monotonic()) <= 0:
                return
            time.sleep(left)

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping = True
        self._woken.set()
