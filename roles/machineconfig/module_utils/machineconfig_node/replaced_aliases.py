"""Unit files that replace the alias of a unit which stays enabled: then both of them run."""

from __future__ import annotations

import os
from typing import Iterator

from . import anchored, links
from . import desired as manifest
from .desired import Desired


def cautions(desired: Desired) -> Iterator[str]:
    """A sentence for each of them, with a remedy."""
    for wanted in desired.paths.values():
        place = f"{manifest.UNIT_FOLDER}/{wanted.name}"
        target = anchored.link(place) if wanted.path == place and wanted.type == "file" else None
        if target is not None:
            unit = os.path.basename(target)
            if place in links.of(unit) and _stays_enabled(unit, desired):
                yield (
                    f"{wanted.name} gets a file of its own and is no alias of {unit} any more,"
                    f" which stays enabled: write `enabled: false` or `mask: true` for {unit},"
                    " or change it by a drop-in"
                )


def _stays_enabled(unit: str, desired: Desired) -> bool:
    text = desired.paths.get(f"{manifest.UNIT_FOLDER}/{unit}")
    is_masked = text is not None and text.type == "link"
    return desired.enablement.get(unit, True) and not is_masked
