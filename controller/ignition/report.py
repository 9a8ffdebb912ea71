"""What parsing found: one entry for each problem, with the place it was found at."""

from dataclasses import dataclass, replace
from typing import Any, Literal, Self

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One finding.

    `path` is the place in the config as Ignition writes it, `$.storage.files.0.path`.
    """

    severity: Severity
    path: str
    message: str

    def under(self, parent: str) -> Self:
        """Return the same finding, with `path` read as relative to `parent`."""
        return replace(self, path=f"{parent}.{self.path}" if self.path else parent)


@dataclass(frozen=True, slots=True)
class ParseResult:
    """A config, or the reasons why there is none.

    `config` is plain data with empty members left out, and None if the report holds an error.
    """

    config: dict[str, Any] | None
    report: tuple[Entry, ...]

    @property
    def valid(self) -> bool:
        """Tell whether the config may be used; warnings do not hinder that."""
        return self.config is not None


def error(path: str, message: str) -> Entry:
    """Return a finding that makes the config invalid."""
    return Entry("error", path, message)


def warning(path: str, message: str) -> Entry:
    """Return a finding that is worth telling but leaves the config valid."""
    return Entry("warning", path, message)
