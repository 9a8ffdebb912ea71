"""Something in a manifest file that its author should know of."""

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Problem:
    """What is wrong, where it stands, and how it is mended.

    `object` names the object, `MachineConfig 10-journal`, and is empty where there is none yet;
    `path` is the place in it, `spec.config.storage.files.0.mode`.
    """

    severity: Severity
    file: str
    line: int
    object: str
    path: str
    reason: str
    remedy: str

    def __str__(self) -> str:
        parts = (f"{self.file}:{self.line}", self.object, self.path, self.reason)
        return ": ".join(filter(None, parts)) + (f" ({self.remedy})" if self.remedy else "")


@dataclass(frozen=True)
class Finding:
    """The same before it is known in which file the object stands."""

    severity: Severity
    path: str
    reason: str
    remedy: str


def error(path: str, reason: str, remedy: str) -> Finding:
    """Something with which the object does not do what it says."""
    return Finding("error", path, reason, remedy)


def warning(path: str, reason: str, remedy: str) -> Finding:
    """Something that is allowed, and seldom meant."""
    return Finding("warning", path, reason, remedy)
