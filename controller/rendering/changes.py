"""What changes on a node between two manifests: files, units and SSH keys, with old and new."""

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from controller.rendering.paths import UNIT_FOLDER

ItemType = Literal["file", "unit", "sshkey"]
Verb = Literal["added", "removed", "changed"]
Manifest = Mapping[str, Any]

_EVERYBODY_READS: Final = 0o004
_NOTHING: Final[Manifest] = {}


@dataclass(frozen=True)
class Setting:
    """A setting that changes; "" stands for one that is not there."""

    name: str
    before: str
    after: str


@dataclass(frozen=True)
class Contents:
    """The bytes of a file on the node that change, None where there is none.

    Only those that are `public`, readable by everybody on the node before and after, may be shown
    unasked.
    """

    name: str
    before: bytes | None
    after: bytes | None
    public: bool


@dataclass(frozen=True)
class Change:
    """One thing that changes: a file by its path, a unit by its name, a key by its text."""

    item_type: ItemType
    name: str
    verb: Verb
    settings: tuple[Setting, ...] = ()
    contents: tuple[Contents, ...] = ()


def changes(before: Manifest | None, after: Manifest | None) -> tuple[Change, ...]:
    """Everything that differs between two manifests; None is one that holds nothing."""
    old, new = before or _NOTHING, after or _NOTHING
    return (
        *_pairs("file", _by(old, "files", "path"), _by(new, "files", "path")),
        *_pairs("unit", _by(old, "units", "name"), _by(new, "units", "name")),
        *_of_keys(old, new),
    )


def _by(manifest: Manifest, members: str, key: str) -> dict[str, Manifest]:
    return {each[key]: each for each in manifest.get(members, ())}


def _pairs(
    item_type: Literal["file", "unit"], old: Mapping[str, Manifest], new: Mapping[str, Manifest]
) -> Iterator[Change]:
    look = _file_contents if item_type == "file" else _unit_contents
    for name in sorted({**old, **new}):
        before, after = old.get(name), new.get(name)
        if before == after:
            continue
        verb: Verb = "added" if before is None else "removed" if after is None else "changed"
        settings = tuple(_settings(before or _NOTHING, after or _NOTHING))
        contents = tuple(look(before or _NOTHING, after or _NOTHING))
        yield Change(item_type, name, verb, settings, contents)


def _settings(before: Manifest, after: Manifest) -> Iterator[Setting]:
    for name in ("mode", "user", "group", "enabled", "mask"):
        old, new = _word(name, before.get(name)), _word(name, after.get(name))
        if old != new:
            yield Setting(name, old, new)


def _word(name: str, value: Any) -> str:  # noqa: ANN401 - a setting of any kind
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
        public = all(each["mode"] & _EVERYBODY_READS for each in sides)
        yield Contents((after or before)["path"], old, new, public)


def _bytes(file: Manifest) -> bytes | None:
    return base64.b64decode(file["content"]) if file else None


def _unit_contents(before: Manifest, after: Manifest) -> Iterator[Contents]:
    """A unit's own text and those of its drop-ins, which systemd's files show everybody."""
    old, new = dict(unit_texts(before)), dict(unit_texts(after))
    for path in sorted({**old, **new}):
        if old.get(path) != new.get(path):
            yield Contents(path, old.get(path), new.get(path), public=True)


def unit_texts(unit: Manifest) -> Iterator[tuple[str, bytes]]:
    """The unit's own text and those of its drop-ins, each with its path on the node."""
    if unit and unit["contents"] is not None:
        yield f"{UNIT_FOLDER}/{unit['name']}", unit["contents"].encode()
    for dropin in unit.get("dropins", ()):
        if dropin["contents"] is not None:
            path = f"{UNIT_FOLDER}/{unit['name']}.d/{dropin['name']}"
            yield path, dropin["contents"].encode()


def _of_keys(before: Manifest, after: Manifest) -> Iterator[Change]:
    old, new = set(before.get("keys", ())), set(after.get("keys", ()))
    for key in sorted(old | new):
        if key not in old or key not in new:
            yield Change("sshkey", key, "removed" if key in old else "added")
