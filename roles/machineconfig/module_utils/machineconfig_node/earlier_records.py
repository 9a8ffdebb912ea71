"""Records before schema 5, which hold of a unit's enablement no links but its state before us."""

from __future__ import annotations

from typing import Any, Dict

from . import rehearsal

# The states that counted as enabled.
_ENABLED = {"enabled", "enabled-runtime", "linked", "linked-runtime", "alias"}
Marks = Dict[str, Dict[str, Any]]


def bring_up(units: Marks, links: Marks) -> None:
    """Put the links that such units have got or lost beside them, with their originals."""
    earlier = {unit: mark for unit, mark in units.items() if "before" in mark}
    if not earlier:
        return
    with rehearsal.opened(earlier) as copy:
        for unit, mark in earlier.items():
            was_enabled = mark.pop("before") in _ENABLED
            for path, target in copy.enable(unit).links.items():
                now, before = _state(target, mark["enabled"]), _state(target, was_enabled)
                links[path] = {"kind": "unit", "name": unit, **now, "original": before}


def _state(target: str, there: bool) -> dict[str, Any]:  # noqa: FBT001 - one of two states
    return {"type": "link", "target": target} if there else {"type": "absent"}
