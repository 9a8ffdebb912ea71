"""Finds the masks that `mask: false` removes; a unit that is not masked is left alone.

The record is needed besides the disk: a removed mask is its path's original, and must stay removed.
A mask that a config added is removed as soon as no config contains it.
"""

from __future__ import annotations

import dataclasses

from ..comparison.compare import Entry, matches
from ..filesystem import safe_paths
from ..manifest.desired_state import DesiredPath, DesiredState
from ..record.node_record import Record
from ..systemd import unit_paths


def resolve(desired: DesiredState, record: Record) -> DesiredState:
    """Add the paths of masks that must be absent."""
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
        # The original must not be restored, because it is a mask.
        return bool(entry["original"].get("target") == unit_paths.MASK)
    return safe_paths.link_target(path) == unit_paths.MASK
