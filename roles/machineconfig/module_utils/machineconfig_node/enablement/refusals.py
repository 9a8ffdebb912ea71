"""Why a unit cannot be enabled or disabled on this node, and what to write instead.

Each is a sentence that begins with the unit and ends with the remedy; empty where nothing is
against it.
"""

from __future__ import annotations

from ..systemd.dry_run import EnableResult, UnitFiles

_GENERATED = "is generated from another file at each boot"


def of_disabling(units: UnitFiles, unit: str) -> str:
    """A unit that is not there, or that nothing can enable, is disabled."""
    if units.state(unit) == "generated":
        return f"{unit} {_GENERATED}: write `mask: true`"
    return _alias(units, unit)


def of_enabling(units: UnitFiles, unit: str, tried: EnableResult) -> str:
    """Of a unit whose enabling was `tried`."""
    return _alias(units, unit) or _state(units, unit) or _trial(unit, tried)


def _alias(units: UnitFiles, unit: str) -> str:
    alias_of = units.alias_target(unit)
    return f"{unit} is an alias of {alias_of}: name that one" if alias_of else ""


def _state(units: UnitFiles, unit: str) -> str:
    place = units.path_of(unit)
    masked = f"is masked by {place}: {_unmasking(unit, place)}"
    said = {
        "": "does not exist on this node: install it, or give its `contents`",
        "masked": masked,
        "masked-runtime": masked,
        "generated": f"{_GENERATED}: leave `enabled` out",
    }
    state = units.state(unit) if place else ""
    if state not in said and place.startswith("/run/"):
        return f"{unit} exists only until the next boot, in {place}: give its `contents`"
    return f"{unit} {said[state]}" if state in said else ""


def _unmasking(unit: str, place: str) -> str:
    if place.startswith("/etc/"):
        return "write `mask: false` beside `enabled`"
    if place.startswith("/run/"):
        return f"run `systemctl unmask --runtime {unit}` on the node"
    return "give its `contents`, or leave `enabled` out"


def _trial(unit: str, tried: EnableResult) -> str:
    if not tried.links and "@." in unit:
        instance = unit.replace("@.", "@NAME.")
        return f"{unit} is a template: name an instance of it, {instance}"
    if tried.failure:
        return f"{unit} cannot be enabled: {tried.failure}; mend its [Install] section"
    if not tried.links:
        example = "`[Install]` and `WantedBy=multi-user.target`"
        return f"{unit} has no [Install] section that enables it: add {example}, also by a drop-in"
    return ""
