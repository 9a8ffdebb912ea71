"""One object in a manifest file, with the lines of its parts."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

Path = tuple[str | int, ...]


def dotted(path: Path) -> str:
    """Return a path in text form: `spec.config.storage.files.0.mode`."""
    return ".".join(map(str, path))


@dataclass(frozen=True)
class Document:
    """One object in a manifest file.

    `file` is the user's name of the file; `line` is where the object begins, from 1; `content` is
    the plain data that kubectl would send to the API server; `lines` has the line of each member
    and item that is not on the line of its parent.
    """

    file: str
    line: int
    content: Any
    lines: Mapping[Path, int]

    def line_of(self, path: Path) -> int:
        """Return the line of a path, or of its nearest known parent."""
        return self.line_at(dotted(path))

    def line_at(self, path: str) -> int:
        """Return the line of a dotted path, or of its nearest known parent."""
        while path:
            if path in self._dotted_lines:
                return self._dotted_lines[path]
            path = path.rpartition(".")[0]
        return self.line

    @cached_property
    def _dotted_lines(self) -> dict[str, int]:
        return {dotted(path): line for path, line in self.lines.items()}
