"""When the next pass is due."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

RETRY_SOON: Final = 5.0  # seconds after which a pass that was not completed is made again


def requeue_after(
    due: Iterable[datetime | None], now: datetime, resync_interval: float, *, complete: bool
) -> float:
    """Return in how many seconds the next pass is due if no event comes before.

    `due` are the times at which something is to be done that no event announces.
    """
    waits = (max(0.0, (time - now).total_seconds()) for time in due if time)
    return min([resync_interval if complete else RETRY_SOON, *waits])
