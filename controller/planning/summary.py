"""Many names in few words."""

from collections.abc import Collection
from heapq import nsmallest
from typing import Final

_NAMED: Final = 3


def summarize_names(names: Collection[str]) -> str:
    """The first names, and how many others there are."""
    named = nsmallest(_NAMED, names)
    others = len(names) - len(named)
    words = ", ".join(named)
    return f"{words} and {others} other{'s' * (others > 1)}" if others else words
