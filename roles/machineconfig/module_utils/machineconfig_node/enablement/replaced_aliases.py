"""Warns of unit files that replace the alias of a unit that stays enabled: both would run."""

from __future__ import annotations

import os
from typing import Iterator

from ..filesystem import safe_paths
from ..manifest.desired_state import DesiredState
from ..systemd import enablement_links, unit_paths


def warnings(desired: DesiredState) -> Iterator[str]:
    """Yield a warning with a remedy for each of these units."""
    for path in desired.paths.values():
        unit_path = f"{unit_paths.UNIT_FOLDER}/{path.name}"
        is_unit_file = path.path == unit_path and path.type == "file"
        target = safe_paths.link_target(unit_path) if is_unit_file else None
        if target is not None:
            unit = os.path.basename(target)
            if unit_path in enablement_links.of(unit) and _stays_enabled(unit, desired):
                yield (
                    f"{path.name} gets a file of its own and is no longer an alias of {unit},"
                    f" which stays enabled: write `enabled: false` or `mask: true` for {unit},"
                    " or change it by a drop-in"
                )


def _stays_enabled(unit: str, desired: DesiredState) -> bool:
    text = desired.paths.get(f"{unit_paths.UNIT_FOLDER}/{unit}")
    is_masked = text is not None and text.type == "link"
    return desired.enablement.get(unit, True) and not is_masked
