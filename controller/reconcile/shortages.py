"""A resource that the controller itself lacks for its runs, such as disk space; reported once.

It concerns no node, so it appears in the log, in a metric, and as an Event on the
MachineConfiguration.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import structlog

from controller import metrics

_log = structlog.get_logger(__name__)
# Each run may or may not meet a shortage; it counts as over after a minute without one.
_OVER_AFTER: Final = timedelta(minutes=1)


class Shortages:
    """The current shortage, if any."""

    def __init__(self, emit: Callable[[str], None]) -> None:
        """Call `emit` with each new shortage, to post an Event."""
        self._emit = emit
        self._reported = ""
        self._last: datetime | None = None

    def found(self, shortage: str, now: datetime) -> None:
        """Report a shortage, unless it was reported already."""
        self._last = now
        metrics.set_shortage(present=True)
        if shortage != self._reported:
            self._reported = shortage
            _log.error("the controller lacks a resource", reason=shortage)
            self._emit(shortage)

    def expire(self, now: datetime) -> None:
        """Report when the shortage is over."""
        if self._last and now - self._last > _OVER_AFTER:
            _log.info("the controller lacks no resource any more", before=self._reported)
            self._reported, self._last = "", None
            metrics.set_shortage(present=False)
