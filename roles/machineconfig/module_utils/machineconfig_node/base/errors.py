"""The errors that a module turns into a message for a person."""

from __future__ import annotations


class NodeError(Exception):
    """A cause and its remedy, both in words for the administrator; `marks` are for programs."""

    def __init__(self, cause: str, remedy: str) -> None:
        super().__init__(f"{cause}; {remedy}")
        self.cause = cause
        self.remedy = remedy
        self.fields: dict[str, int] = {}


class SupersededError(NodeError):
    """A run came that is not the one which has claimed the record last."""

    def __init__(self, run: str, newer: str) -> None:
        super().__init__(
            f"run {run} was superseded by run {newer or '(none)'}",
            "leave the node to the newer run",
        )
        self.fields = {"superseded": True}


class FencedError(NodeError):
    """A run came with a fencing number below `fence`, the record's."""

    def __init__(self, number: int, fence: int) -> None:
        super().__init__(
            f"this run's fencing number {number} is below the record's {fence}",
            "a newer controller is in charge; leave the node to it",
        )
        self.fields = {"fence": fence, "superseded": True}


class RestoredError(NodeError):
    """Somebody has taken the node out by hand; `tombstone` is that of the record."""

    def __init__(self, tombstone: dict[str, str]) -> None:
        super().__init__(
            "{by} gave all originals back by hand at {at}, of {config}".format(**tombstone),
            "run playbooks/update.yml by hand to take the node in again",
        )
        self.fields = {"restored": True}


class BelowLinkError(NodeError):
    """One of the folders around a path is a symbolic link, which nothing is written through."""

    def __init__(self, folder: str, name: str) -> None:
        super().__init__(
            f"{folder} is not written to, since its part {name} is a symbolic link",
            "put a folder in the place of the link, or change the path in the MachineConfig",
        )
