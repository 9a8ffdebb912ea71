"""Long lists and texts, shortened for users."""

from collections.abc import Collection
from heapq import nsmallest
from typing import Final

_MAX_NAMES: Final = 3
_MAX_TEXT: Final = 1024  # characters of a text in a MachineConfigNode


def summarize_names(names: Collection[str]) -> str:
    """Return the first names, and the number of the others."""
    first = nsmallest(_MAX_NAMES, names)
    others = len(names) - len(first)
    listed = ", ".join(first)
    return f"{listed} and {others} other{'s' * (others > 1)}" if others else listed


def one_line(text: str) -> str:
    """Return the text in one line, cut to what a MachineConfigNode can hold."""
    line = " ".join(text.split())
    return line if len(line) <= _MAX_TEXT else f"{line[: _MAX_TEXT - 1]}…"
