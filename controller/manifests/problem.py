"""Problems in manifest files."""

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Problem:
    """A problem with its place in a file, its reason and its remedy.

    `object` names the object, such as `MachineConfig 10-journal`, if there is one; `path` is the
    path in it, such as `spec.config.storage.files.0.mode`.
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
    """A problem of an object, without its file."""

    severity: Severity
    path: str
    reason: str
    remedy: str


def error(path: str, reason: str, remedy: str) -> Finding:
    """Return a finding that makes the object invalid or ineffective."""
    return Finding("error", path, reason, remedy)


def warning(path: str, reason: str, remedy: str) -> Finding:
    """Return a finding that is valid, but probably a mistake."""
    return Finding("warning", path, reason, remedy)
