"""Units that a config enables although their text has no usable [Install] section.

Units whose text is only on the node are checked there, in preflight.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from controller.ignition.syntax.unit_text import UnitOption, UnitSyntaxError, parse_unit
from controller.rendering.refusal import Problem

Config = Mapping[str, Any]
Install = Mapping[str, list[str]]

_WANTED: Final = ("WantedBy", "RequiredBy", "UpheldBy")
_ENABLING: Final = (*_WANTED, "Alias", "Also")
_ADD: Final = "add `[Install]` and `WantedBy=multi-user.target` to it, or remove `enabled`"
_NAME: Final = "enable an instance of it, or add `DefaultInstance=`"


def problems(config: Config) -> Iterator[Problem]:
    """Yield the JSON path, the reason and the remedy of each such unit."""
    units = config.get("systemd", {}).get("units", ())
    by_name = {unit["name"]: unit for unit in units}
    for index, unit in enumerate(units):
        found = _install(unit, by_name) if unit.get("enabled") and not unit.get("mask") else None
        if found is None:
            continue
        path, name = f"$.systemd.units.{index}.contents", unit["name"]
        if not any(found.get(key) for key in _ENABLING):
            yield path, f"{name} is enabled, but has no [Install] settings", _ADD
        elif "@." in name and not found.get("DefaultInstance") and _has_no_template_target(found):
            yield path, f"{name} is enabled, but is a template without a default instance", _NAME


def _install(unit: Config, by_name: Mapping[str, Config]) -> Install | None:
    """Return the merged [Install] section; None if the config does not contain it."""
    template = by_name.get(_template(unit["name"]), {})
    text = unit.get("contents") or template.get("contents")
    if not text:
        return None
    dropins = {each["name"]: each for each in template.get("dropins", ())}
    dropins |= {each["name"]: each for each in unit.get("dropins", ())}
    later = [dropins[name].get("contents") or "" for name in sorted(dropins)]
    try:
        return _values(option for each in (text, *later) for option in parse_unit(each))
    except UnitSyntaxError:
        return None


def _values(options: Iterable[UnitOption]) -> Install:
    """Return the values of each key; an empty value resets the earlier ones."""
    found: dict[str, list[str]] = {}
    for option in options:
        if option.section == "Install":
            values = option.value.split()
            found[option.name] = [*found.get(option.name, ()), *values] if values else []
    return found


def _template(name: str) -> str:
    prefix, at, rest = name.partition("@")
    return f"{prefix}@.{rest.rpartition('.')[2]}" if at else name


def _has_no_template_target(found: Install) -> bool:
    return not any("@." in target for key in (*_WANTED, "Alias") for target in found.get(key, ()))
