"""Simulated time, in seconds since the story began."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

_MIDNIGHT: Final = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class Clock:
    """The time in the story, which only the story moves."""

    now: int = 0

    def __call__(self) -> datetime:
        """Return the time as the controller reads it."""
        return at(self.now)


def at(second: int) -> datetime:
    """Return a second of the story as a time of day."""
    return _MIDNIGHT + timedelta(seconds=second)
