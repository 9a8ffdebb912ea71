"""Records before schema 5, which know of a unit's enablement no links but the state before us."""

from __future__ import annotations

from typing import Any

from . import rehearsal
from .record import Record

# The states that counted as enabled.
_ENABLED = {"enabled", "enabled-runtime", "linked", "linked-runtime", "alias"}


def bring_up(record: Record) -> None:
    """Record the links that such a unit's enablement has made or removed, with their originals."""
    units = {unit: mark for unit, mark in record.units.items() if "before" in mark}
    if not units:
        return
    with rehearsal.opened() as copy:
        for unit, mark in units.items():
            was_enabled = mark.pop("before") in _ENABLED
            for path, target in copy.enable(unit).links.items():
                now, before = _state(target, mark["enabled"]), _state(target, was_enabled)
                record.links[path] = {"kind": "unit", "name": unit, **now, "original": before}


def _state(target: str, there: bool) -> dict[str, Any]:  # noqa: FBT001 - one of two states
    return {"type": "link", "target": target} if there else {"type": "absent"}
