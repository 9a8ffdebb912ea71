"""Unit files that replace the alias of a unit which stays enabled: then both of them run."""

from __future__ import annotations

import os
from typing import Iterator

from ..filesystem import safe_paths
from ..manifest.desired_state import Desired
from ..systemd import enablement_links, unit_paths


def cautions(desired: Desired) -> Iterator[str]:
    """A sentence for each of them, with a remedy."""
    for wanted in desired.paths.values():
        place = f"{unit_paths.UNIT_FOLDER}/{wanted.name}"
        target = safe_paths.link(place) if wanted.path == place and wanted.type == "file" else None
        if target is not None:
            unit = os.path.basename(target)
            if place in enablement_links.of(unit) and _stays_enabled(unit, desired):
                yield (
                    f"{wanted.name} gets a file of its own and is no alias of {unit} any more,"
                    f" which stays enabled: write `enabled: false` or `mask: true` for {unit},"
                    " or change it by a drop-in"
                )


def _stays_enabled(unit: str, desired: Desired) -> bool:
    text = desired.paths.get(f"{unit_paths.UNIT_FOLDER}/{unit}")
    is_masked = text is not None and text.type == "link"
    return desired.enablement.get(unit, True) and not is_masked
