"""What the controller itself has too little of, told once in its own words.

No node has to do with it: it is told in the log, by a metric, and by an Event on the
MachineConfiguration.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import structlog

from controller import metrics

_log = structlog.get_logger(__name__)
# It comes and goes with the runs that need something, and is over when none has missed it so long.
_OVER: Final = timedelta(minutes=1)


class Shortages:
    """What is missing now, and what was said of it."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        """Nothing is missing; `tell` posts an Event."""
        self._tell = tell
        self._said = ""
        self._last: datetime | None = None

    def found(self, words: str, now: datetime) -> None:
        """Say what is missing, where that was not said yet."""
        self._last = now
        metrics.set_shortage(present=True)
        if words != self._said:
            self._said = words
            _log.error("the controller is short of something", reason=words)
            self._tell(words)

    def look(self, now: datetime) -> None:
        """Say when it is over."""
        if self._last and now - self._last > _OVER:
            _log.info("the controller is short of nothing", before=self._said)
            self._said, self._last = "", None
            metrics.set_shortage(present=False)
