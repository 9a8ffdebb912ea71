"""Back-off: the time before which a node is not retried after a run without success."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

FIRST_PAUSE: Final = timedelta(seconds=5)
_LONGEST_PAUSE: Final = timedelta(minutes=5)


class Backoff:
    """Pauses before the next run for each node, which double from one run to the next."""

    def __init__(self) -> None:
        self._pauses: dict[str, timedelta] = {}
        self._not_before: dict[str, datetime] = {}

    @property
    def not_before(self) -> Mapping[str, datetime]:
        """By node, the time before which it is not tried again."""
        return dict(self._not_before)

    def grow(self, node: str, now: datetime) -> None:
        """Let the node wait twice as long as the last time."""
        pause = self._pauses.get(node, FIRST_PAUSE)
        self._pauses[node] = min(_LONGEST_PAUSE, pause * 2)
        self.set(node, now + pause)

    def set(self, node: str, until: datetime) -> None:
        """Let the node wait until then, and leave its next pause as long as it was."""
        self._not_before[node] = until

    def reset(self, node: str) -> None:
        """Let the node be tried at once."""
        self._not_before.pop(node, None)
        self._pauses.pop(node, None)
