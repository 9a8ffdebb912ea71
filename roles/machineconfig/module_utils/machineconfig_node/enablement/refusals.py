"""The reasons why a unit cannot be enabled or disabled on this node, with the remedy.

A reason begins with the unit and ends with the remedy; it is empty if there is no problem.
"""

from __future__ import annotations

from ..systemd.dry_run import EnableResult, UnitFiles

_GENERATED = "is generated from another file at each boot"


def of_disabling(units: UnitFiles, unit: str) -> str:
    """Return the reason; a unit that does not exist, or cannot be enabled, is disabled."""
    if units.state(unit) == "generated":
        return f"{unit} {_GENERATED}: set `mask: true`"
    return _alias(units, unit)


def of_enabling(units: UnitFiles, unit: str, result: EnableResult) -> str:
    """Return the reason; `result` is that of the dry run."""
    return _alias(units, unit) or _state(units, unit) or _dry_run(unit, result)


def _alias(units: UnitFiles, unit: str) -> str:
    alias_of = units.alias_target(unit)
    return f"{unit} is an alias of {alias_of}: use that name" if alias_of else ""


def _state(units: UnitFiles, unit: str) -> str:
    place = units.path_of(unit)
    masked = f"is masked by {place}: {_unmasking(unit, place)}"
    reasons = {
        "": "does not exist on this node: install it, or add its `contents`",
        "masked": masked,
        "masked-runtime": masked,
        "generated": f"{_GENERATED}: omit `enabled`",
    }
    state = units.state(unit) if place else ""
    if state not in reasons and place.startswith("/run/"):
        return f"{unit} exists only until the next boot, in {place}: add its `contents`"
    return f"{unit} {reasons[state]}" if state in reasons else ""


def _unmasking(unit: str, place: str) -> str:
    if place.startswith("/etc/"):
        return "add `mask: false` beside `enabled`"
    if place.startswith("/run/"):
        return f"run `systemctl unmask --runtime {unit}` on the node"
    return "add its `contents`, or omit `enabled`"


def _dry_run(unit: str, result: EnableResult) -> str:
    if not result.links and "@." in unit:
        instance = unit.replace("@.", "@NAME.")
        return f"{unit} is a template: use an instance of it, {instance}"
    if result.failure:
        return f"{unit} cannot be enabled: {result.failure}; fix its [Install] section"
    if not result.links:
        example = "`[Install]` and `WantedBy=multi-user.target`"
        return f"{unit} has no [Install] section that enables it: add {example}, e.g. by a drop-in"
    return ""
