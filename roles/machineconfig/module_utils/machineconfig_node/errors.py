"""The one error that a module turns into a message for a person."""

from __future__ import annotations


class NodeError(Exception):
    """A cause and its remedy, both in words for the administrator."""

    def __init__(self, cause: str, remedy: str) -> None:
        super().__init__(f"{cause}; {remedy}")
        self.cause = cause
        self.remedy = remedy
