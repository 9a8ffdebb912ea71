"""Units that are to be enabled, and whose text says for certain that they cannot be.

What is asked for of a unit whose text is on the node is found out there, before it is changed.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from controller.ignition.unit_text import UnitOption, UnitSyntaxError, parse_unit

Config = Mapping[str, Any]
Install = Mapping[str, list[str]]

_WANTED: Final = ("WantedBy", "RequiredBy", "UpheldBy")
_ENABLING: Final = (*_WANTED, "Alias", "Also")
_ADD: Final = "add `[Install]` and `WantedBy=multi-user.target` to it, or leave `enabled` out"
_NAME: Final = "name an instance of it, or add `DefaultInstance=`"


def problems(config: Config) -> Iterator[tuple[str, str, str]]:
    """JSON path, reason and remedy of each such unit."""
    units = config.get("systemd", {}).get("units", ())
    by_name = {unit["name"]: unit for unit in units}
    for index, unit in enumerate(units):
        found = _install(unit, by_name) if unit.get("enabled") and not unit.get("mask") else None
        if found is None:
            continue
        path, name = f"$.systemd.units.{index}.contents", unit["name"]
        if not any(found.get(key) for key in _ENABLING):
            yield path, f"{name} is enabled, and no [Install] section says what for", _ADD
        elif "@." in name and not found.get("DefaultInstance") and _is_for_no_template(found):
            yield path, f"{name} is enabled, and a template without an instance", _NAME


def _install(unit: Config, by_name: Mapping[str, Config]) -> Install | None:
    """The [Install] section as it will stand; None where that is not known from the config."""
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
    """The values of each key; an empty one takes those before it back."""
    found: dict[str, list[str]] = {}
    for option in options:
        if option.section == "Install":
            words = option.value.split()
            found[option.name] = [*found.get(option.name, ()), *words] if words else []
    return found


def _template(name: str) -> str:
    prefix, at, rest = name.partition("@")
    return f"{prefix}@.{rest.rpartition('.')[2]}" if at else name


def _is_for_no_template(found: Install) -> bool:
    return not any("@." in target for key in (*_WANTED, "Alias") for target in found.get(key, ()))
