"""One object in a manifest file, and where in the file each of its parts stands."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

Path = tuple[str | int, ...]


def dotted(path: Path) -> str:
    """A path as people read it: `spec.config.storage.files.0.mode`."""
    return ".".join(map(str, path))


@dataclass(frozen=True)
class Document:
    """One object in a manifest file.

    `file` is named as the user named it; `line` is where the object begins, from 1; `content` is
    plain data, as kubectl would send it to the API server; `lines` has the line of each member and
    each item, unless it is that of what is around it.
    """

    file: str
    line: int
    content: Any
    lines: Mapping[Path, int]

    def line_of(self, path: Path) -> int:
        """The line of a place, or of the nearest place around it that is known."""
        return self.line_at(dotted(path))

    def line_at(self, path: str) -> int:
        """The same for a dotted path."""
        while path:
            if path in self._dotted_lines:
                return self._dotted_lines[path]
            path = path.rpartition(".")[0]
        return self.line

    @cached_property
    def _dotted_lines(self) -> dict[str, int]:
        return {dotted(path): line for path, line in self.lines.items()}
