"""Errors with a cause and a remedy, which a module returns as its message."""

from __future__ import annotations


class NodeError(Exception):
    """A cause and its remedy for the administrator; `fields` are added to the result."""

    def __init__(self, cause: str, remedy: str) -> None:
        super().__init__(f"{cause}; {remedy}")
        self.cause = cause
        self.remedy = remedy
        self.fields: dict[str, int | str] = {}


class TransientError(NodeError):
    """A cause that passes by itself: nothing is rolled back, and the next run resumes."""

    def __init__(self, cause: str, remedy: str) -> None:
        super().__init__(cause, remedy)
        self.fields = {"transient": True, "resumes": True}


class SupersededError(NodeError):
    """The run is not the one that claimed the record last."""

    def __init__(self, run: str, newer: str) -> None:
        super().__init__(
            f"run {run} was superseded by run {newer or '(none)'}",
            "leave the node to the newer run",
        )
        self.fields = {"superseded": True}


class FencedError(NodeError):
    """The run's fencing number is below `fence`, the record's."""

    def __init__(self, number: int, fence: int) -> None:
        super().__init__(
            f"this run's fencing number {number} is below the record's {fence}",
            "leave the node to the newer leader",
        )
        self.fields = {"fence": fence, "superseded": True}


class RestoredError(NodeError):
    """All originals of the node were restored by hand; `tombstone` is the record's."""

    def __init__(self, tombstone: dict[str, str]) -> None:
        super().__init__(
            "{by} restored all originals by hand at {at}, from {config}".format(**tombstone),
            "run playbooks/update.yml by hand to manage the node again",
        )
        self.fields = {"restored": True}


class UnconfirmedError(NodeError):
    """The watchdog rolled back the config of this attempt, or one that locks out the controller.

    The controller decides whether it was away, and the config is applied again.
    """

    def __init__(self, cause: str, remedy: str, boot_id: str) -> None:
        super().__init__(cause, remedy)
        # The boot in which it was rolled back.
        self.fields = {"unconfirmed": True, "boot_id": boot_id}


class BelowLinkError(NodeError):
    """A parent folder of a path is a symbolic link, through which nothing is written."""

    def __init__(self, folder: str, name: str) -> None:
        super().__init__(
            f"{folder} is not written to, because its part {name} is a symbolic link",
            "replace the link by a folder, or change the path in the MachineConfig",
        )
