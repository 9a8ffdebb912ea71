"""Upgrades records and journals before schema 5.

They contain the previous enablement state of a unit, as systemctl prints it, instead of its links.
"""

from __future__ import annotations

from typing import Any, Dict

from ..systemd import dry_run
from ..systemd import enablement_links as on_disk
from ..systemd.enablement_links import Links

# The states that counted as enabled.
_ENABLED = {"enabled", "enabled-runtime", "linked", "linked-runtime", "alias"}
Entries = Dict[str, Dict[str, Any]]


def upgrade(units: Entries, links: Entries) -> None:
    """Add the links that were created or removed for such units, with their originals."""
    earlier = {unit: entry for unit, entry in units.items() if "before" in entry}
    if not earlier:
        return
    with dry_run.copied(earlier) as copy:
        for unit, entry in earlier.items():
            was_enabled = entry.pop("before") in _ENABLED
            for path, target in copy.enable(unit).links.items():
                spelled = on_disk.keep_spelling(path, target)
                now, before = _state(spelled, entry["enabled"]), _state(spelled, was_enabled)
                links[path] = {"kind": "unit", "name": unit, **now, "original": before}


def links_to_remove(states: dict[str, str]) -> list[str]:
    """Return the links of units that were not enabled before; `states` come from a journal."""
    units = [unit for unit, before in states.items() if before not in _ENABLED]
    return [path for unit in units for path in on_disk.of(unit)]


def links_to_create(states: dict[str, str]) -> Links:
    """Return the links of units that were enabled before; their unit files must exist."""
    units = [unit for unit, before in states.items() if before in _ENABLED]
    lost = [unit for unit in units if not on_disk.of(unit)]
    if not lost:
        return {}
    with dry_run.copied(lost) as copy:
        return {path: target for unit in lost for path, target in copy.enable(unit).links.items()}


def _state(target: str, there: bool) -> dict[str, Any]:  # noqa: FBT001 - one of two states
    return {"type": "link", "target": target} if there else {"type": "absent"}
