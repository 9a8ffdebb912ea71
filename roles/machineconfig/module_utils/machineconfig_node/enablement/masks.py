"""Which masks `mask: false` takes away; of a unit that is not masked it leaves everything alone.

The disk alone cannot say: a mask that was taken away is to stay away, and the record has it as the
original. A mask of our own goes by itself when the config no longer holds it.
"""

from __future__ import annotations

import dataclasses

from ..comparison.compare import Entry, matches
from ..filesystem import safe_paths
from ..manifest.desired_state import DesiredPath, DesiredState
from ..record.node_record import Record
from ..systemd import unit_paths


def resolve(desired: DesiredState, record: Record) -> DesiredState:
    """The same with the paths whose mask is to be absent."""
    places = {name: f"{unit_paths.UNIT_FOLDER}/{name}" for name in desired.unmasked}
    entries = {**record.unreturned, **record.paths}
    absent = {
        path: DesiredPath(path, "unit", name, "absent")
        for name, path in places.items()
        if _is_to_be_removed(path, entries.get(path))
    }
    return dataclasses.replace(desired, paths={**desired.paths, **absent})


def _is_to_be_removed(path: str, entry: Entry | None) -> bool:
    if entry and matches(path, entry):
        # What is given back here must not be a mask.
        return bool(entry["original"].get("target") == unit_paths.MASK)
    return safe_paths.link_target(path) == unit_paths.MASK
