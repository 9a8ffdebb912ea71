"""Which masks `mask: false` takes away; of a unit that is not masked it leaves everything alone.

The disk alone cannot say: a mask that was taken away is to stay away, and the record has it as the
original. A mask of our own goes by itself when the config no longer holds it.
"""

from __future__ import annotations

import dataclasses

from ..comparison.compare import Mark, holds
from ..filesystem import safe_paths
from ..manifest.desired_state import Desired, Wanted
from ..record.record import Record
from ..systemd import unit_paths


def resolved(desired: Desired, found: Record) -> Desired:
    """The same with the paths whose mask is to be absent."""
    places = {name: f"{unit_paths.UNIT_FOLDER}/{name}" for name in desired.unmasked}
    marks = {**found.unreturned, **found.paths}
    absent = {
        path: Wanted(path, "unit", name, "absent")
        for name, path in places.items()
        if _is_to_go(path, marks.get(path))
    }
    return dataclasses.replace(desired, paths={**desired.paths, **absent})


def _is_to_go(path: str, mark: Mark | None) -> bool:
    if mark and holds(path, mark):
        # What is given back here must not be a mask.
        return bool(mark["original"].get("target") == unit_paths.MASK)
    return safe_paths.link(path) == unit_paths.MASK
