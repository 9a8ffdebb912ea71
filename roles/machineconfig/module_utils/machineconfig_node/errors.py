"""The errors that a module turns into a message for a person."""

from __future__ import annotations


class NodeError(Exception):
    """A cause and its remedy, both in words for the administrator."""

    def __init__(self, cause: str, remedy: str) -> None:
        super().__init__(f"{cause}; {remedy}")
        self.cause = cause
        self.remedy = remedy


class FencedError(NodeError):
    """A run came with a fencing number below `fence`, the record's."""

    def __init__(self, number: int, fence: int) -> None:
        super().__init__(
            f"this run's fencing number {number} is below the record's {fence}",
            "a newer controller is in charge; leave the node to it",
        )
        self.fence = fence
