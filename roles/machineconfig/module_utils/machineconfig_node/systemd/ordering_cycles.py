"""The ordering cycles that systemd reports: it breaks one by dropping the start of a unit."""

from __future__ import annotations

import dataclasses
import re
from typing import Iterable, Iterator

_JOB = re.compile(r"([^\s/]+)/(?:start|verify-active)\b")
# `UNIT: Found ordering cycle on A/start`, once, and `UNIT: Found dependency on B/start` for each
# further unit; later versions print all of them in the first line.
_FOUND = "Found ordering cycle"
_NEXT = "Found dependency on "
_DROPPED = re.compile(r"Job ([^\s/]+)/start deleted to break ordering cycle")
_UNBREAKABLE = "Unable to break cycle"


@dataclasses.dataclass(frozen=True)
class Cycle:
    """Units of which each waits for the next one, and the last one for the first.

    `dropped` is the unit that is not started for it; empty if none can be dropped, so that the
    whole transaction fails.
    """

    units: tuple[str, ...]
    dropped: str

    def __str__(self) -> str:
        """Return the way around the cycle, from the dropped unit on."""
        return self.around(self.dropped)

    def around(self, first: str) -> str:
        """Return the way around the cycle, from the given unit on."""
        start = self.units.index(first) if first in self.units else 0
        units = [*self.units[start:], *self.units[:start]]
        return " -> ".join([*units, *units[:1]])

    def orderings(self) -> set[tuple[str, str]]:
        """Return the pairs of units of which the first waits for the second."""
        return set(zip(self.units, [*self.units[1:], *self.units[:1]]))


def parse(lines: Iterable[str]) -> list[Cycle]:
    """Return the cycles in messages of systemd; other lines are ignored."""
    return list(_cycles(lines))


def distinct(cycles: Iterable[Cycle], known: Iterable[Cycle] = ()) -> Iterator[Cycle]:
    """Yield the shortest cycles, each without an ordering that is in a known or earlier one.

    One unit can close many cycles, with every unit of the boot that is in between.
    """
    seen = {pair for cycle in known for pair in cycle.orderings()}
    for cycle in sorted(cycles, key=lambda each: (len(each.units), str(each))):
        if not seen & cycle.orderings():
            yield cycle
        seen |= cycle.orderings()


def _cycles(lines: Iterable[str]) -> Iterator[Cycle]:
    units: list[str] = []
    for line in lines:
        if _FOUND in line:
            units = _JOB.findall(line)
        elif _NEXT in line:
            units += _JOB.findall(line)
        elif units and (_UNBREAKABLE in line or _DROPPED.search(line)):
            yield Cycle(tuple(dict.fromkeys(units)), "".join(_DROPPED.findall(line)))
            units = []
