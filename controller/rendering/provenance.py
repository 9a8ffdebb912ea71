"""The MachineConfigs from which each item of a rendered config comes, and which it overrode."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from controller.rendering.paths import parents
from controller.rendering.source import Source

ItemType = Literal["file", "unit", "dropin", "sshkey"]
Item = tuple[ItemType, str]


@dataclass(frozen=True)
class Provenance:
    """The MachineConfigs that contain one item.

    `name` is a path, a unit, `unit/drop-in` or the key itself. `origin` are those with a setting in
    the result, in the order of the merge; `overrode` those with a setting that was overridden.
    """

    item_type: ItemType
    name: str
    origin: tuple[str, ...]
    overrode: tuple[str, ...]


def provenance(sources: Sequence[Source]) -> tuple[Provenance, ...]:
    """Return the provenance of each item of the merged `sources`, in their order."""
    found: dict[Item, dict[str, Mapping[str, Any]]] = {}
    for source in sources:
        for item, settings in items(source.config):
            found.setdefault(item, {})[source.name] = settings
    return tuple(_of(item, by_source) for item, by_source in found.items())


def items(config: Mapping[str, Any]) -> Iterator[tuple[Item, Mapping[str, Any]]]:
    """Yield each item of an Ignition config with its settings by their path in the item."""
    for file in config.get("storage", {}).get("files", ()):
        yield ("file", file["path"]), dict(_settings(file))
    for unit in config.get("systemd", {}).get("units", ()):
        own = {key: value for key, value in unit.items() if key != "dropins"}
        yield ("unit", unit["name"]), dict(_settings(own))
        for dropin in unit.get("dropins", ()):
            yield ("dropin", f"{unit['name']}/{dropin['name']}"), dict(_settings(dropin))
    for user in config.get("passwd", {}).get("users", ()):
        for key in user.get("sshAuthorizedKeys", ()):
            yield ("sshkey", key), {"key": key}


def item_at(config: Mapping[str, Any], path: str) -> Item | None:
    """Return the item of `config` that contains a JSON path; None if there is none."""
    match path.split("."):
        case ["$", "storage", "files", index, *_]:
            return "file", config["storage"]["files"][int(index)]["path"]
        case ["$", "systemd", "units", index, "dropins", number, *_]:
            unit = config["systemd"]["units"][int(index)]
            return "dropin", f"{unit['name']}/{unit['dropins'][int(number)]['name']}"
        case ["$", "systemd", "units", index, *_]:
            return "unit", config["systemd"]["units"][int(index)]["name"]
        case _:
            return None


def with_conflicts(item: Item) -> Iterator[Item]:
    """Yield the item, and files at the paths of its parent directories, which conflict with it."""
    yield item
    if item[0] == "file":
        yield from (("file", parent) for parent in parents(item[1]))


def _settings(value: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    for key, member in value.items():
        if isinstance(member, Mapping):
            yield from _settings(member, f"{path}{key}.")
        else:
            yield f"{path}{key}", member


def _of(item: Item, by_source: Mapping[str, Mapping[str, Any]]) -> Provenance:
    merged: dict[str, Any] = {}
    for settings in by_source.values():
        merged.update(settings)
    origin, overrode = [], []
    for name, settings in by_source.items():
        kept = [merged[key] == value for key, value in settings.items() if key not in _NAMES]
        if all(kept) or any(kept):
            origin.append(name)
        if not all(kept):
            overrode.append(name)
    return Provenance(*item, tuple(origin), tuple(overrode))


# The keys of items, which are equal in all sources.
_NAMES = frozenset({"path", "name"})
