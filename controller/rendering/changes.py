"""The changes of files, units and SSH keys between two manifests."""

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from controller.rendering.paths import UNIT_FOLDER

ItemType = Literal["file", "unit", "sshkey"]
Verb = Literal["added", "removed", "changed"]
Manifest = Mapping[str, Any]

_WORLD_READABLE: Final = 0o004
_NOTHING: Final[Manifest] = {}


@dataclass(frozen=True)
class Setting:
    """A changed setting; "" if it is unset."""

    name: str
    before: str
    after: str


@dataclass(frozen=True)
class Contents:
    """The changed contents of a file on the node; None if the file does not exist.

    They may be shown only if they are `public`: world-readable on the node before and after.
    """

    name: str
    before: bytes | None
    after: bytes | None
    public: bool


@dataclass(frozen=True)
class Change:
    """One changed item: a file by its path, a unit by its name, a key by its text."""

    item_type: ItemType
    name: str
    verb: Verb
    settings: tuple[Setting, ...] = ()
    contents: tuple[Contents, ...] = ()


def changes(before: Manifest | None, after: Manifest | None) -> tuple[Change, ...]:
    """Return all differences of two manifests; None is an empty one."""
    old, new = before or _NOTHING, after or _NOTHING
    return (
        *_compare("file", _by(old, "files", "path"), _by(new, "files", "path")),
        *_compare("unit", _by(old, "units", "name"), _by(new, "units", "name")),
        *_compare_keys(old, new),
    )


def _by(manifest: Manifest, members: str, key: str) -> dict[str, Manifest]:
    return {each[key]: each for each in manifest.get(members, ())}


def _compare(
    item_type: Literal["file", "unit"], old: Mapping[str, Manifest], new: Mapping[str, Manifest]
) -> Iterator[Change]:
    contents_of = _file_contents if item_type == "file" else _unit_contents
    for name in sorted({**old, **new}):
        before, after = old.get(name), new.get(name)
        if before == after:
            continue
        verb: Verb = "added" if before is None else "removed" if after is None else "changed"
        settings = tuple(_settings(before or _NOTHING, after or _NOTHING))
        contents = tuple(contents_of(before or _NOTHING, after or _NOTHING))
        yield Change(item_type, name, verb, settings, contents)


def _settings(before: Manifest, after: Manifest) -> Iterator[Setting]:
    for name in ("mode", "user", "group", "enabled", "mask"):
        old, new = _text(name, before.get(name)), _text(name, after.get(name))
        if old != new:
            yield Setting(name, old, new)


def _text(name: str, value: Any) -> str:  # noqa: ANN401 - a setting of any type
    if value is None:
        return ""
    if name == "mode":
        return f"0{value:03o}"
    if name in {"user", "group"}:
        return "root" if value == 0 else str(value)
    return str(value).lower()


def _file_contents(before: Manifest, after: Manifest) -> Iterator[Contents]:
    old, new = _bytes(before), _bytes(after)
    if old != new:
        sides = [each for each in (before, after) if each]
        public = all(each["mode"] & _WORLD_READABLE for each in sides)
        yield Contents((after or before)["path"], old, new, public)


def _bytes(file: Manifest) -> bytes | None:
    return base64.b64decode(file["content"]) if file else None


def _unit_contents(before: Manifest, after: Manifest) -> Iterator[Contents]:
    """Compare a unit's own text and its drop-ins, whose files are world-readable."""
    old, new = dict(unit_texts(before)), dict(unit_texts(after))
    for path in sorted({**old, **new}):
        if old.get(path) != new.get(path):
            yield Contents(path, old.get(path), new.get(path), public=True)


def unit_texts(unit: Manifest) -> Iterator[tuple[str, bytes]]:
    """Return the unit's own text and its drop-ins, each with its path on the node."""
    if unit and unit["contents"] is not None:
        yield f"{UNIT_FOLDER}/{unit['name']}", unit["contents"].encode()
    for dropin in unit.get("dropins", ()):
        if dropin["contents"] is not None:
            path = f"{UNIT_FOLDER}/{unit['name']}.d/{dropin['name']}"
            yield path, dropin["contents"].encode()


def _compare_keys(before: Manifest, after: Manifest) -> Iterator[Change]:
    old, new = set(before.get("keys", ())), set(after.get("keys", ()))
    for key in sorted(old | new):
        if key not in old or key not in new:
            yield Change("sshkey", key, "removed" if key in old else "added")
