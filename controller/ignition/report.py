"""The report of parsing: one entry per problem, with its path."""

from dataclasses import dataclass, replace
from typing import Any, Literal, Self

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One problem.

    `path` is the path in the config as in the reference, such as `$.storage.files.0.path`.
    """

    severity: Severity
    path: str
    message: str

    def under(self, parent: str) -> Self:
        """Return the same problem with its path below `parent`."""
        return replace(self, path=f"{parent}.{self.path}" if self.path else parent)


@dataclass(frozen=True, slots=True)
class ParseResult:
    """A config, or the errors that make it invalid.

    `config` is plain data without empty members; it is None if the report contains an error.
    """

    config: dict[str, Any] | None
    report: tuple[Entry, ...]

    @property
    def valid(self) -> bool:
        """Whether the config may be used; it may have warnings."""
        return self.config is not None


def error(path: str, message: str) -> Entry:
    """Return a problem that makes the config invalid."""
    return Entry("error", path, message)


def warning(path: str, message: str) -> Entry:
    """Return a problem that leaves the config valid."""
    return Entry("warning", path, message)
