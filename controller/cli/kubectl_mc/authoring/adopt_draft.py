"""The MachineConfig that makes the present state of a node the wanted one; pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Final

from controller.api.json_object import Json
from controller.cli.kubectl_mc.authoring.adopt_targets import Adoptable
from controller.cli.kubectl_mc.authoring.draft import Part
from controller.cli.kubectl_mc.authoring.files import contents
from controller.cli.kubectl_mc.node.node_contents import SeenFile, SeenOnNode, SeenUnit
from controller.cli.kubectl_mc.terminal.errors import CommandError
from controller.rendering.contents import LARGEST
from controller.rendering.paths import UNIT_FOLDER

_UNIT_MODE: Final = 0o644
_MASK: Final = "/dev/null"
# What `systemctl is-enabled` says of a unit that the check takes for enabled, and for not enabled.
_ENABLED: Final = {"enabled", "enabled-runtime"}
_DISABLED: Final = "disabled"


@dataclass(frozen=True)
class Before:
    """What the pool's MachineConfigs make of the node without the new one.

    `config` is the Ignition config, `manifest` what it does; `owners` tells which MachineConfigs
    speak of a path.
    """

    config: Mapping[str, Any]
    manifest: Mapping[str, Any]
    owners: Callable[[str], tuple[str, ...]]

    def file(self, path: str) -> Mapping[str, Any]:
        """The entry of a file in the Ignition config; empty where there is none."""
        return _named(self.config.get("storage", {}).get("files", ()), "path", path)

    def unit(self, name: str) -> Mapping[str, Any]:
        """What it does with a unit; empty where that is nothing."""
        return _named(self.manifest.get("units", ()), "name", name)


def _named(entries: Iterable[Mapping[str, Any]], key: str, name: str) -> Mapping[str, Any]:
    return next((each for each in entries if each[key] == name), {})


def parts(
    node: str, wanted: Iterable[Adoptable], seen: SeenOnNode, before: Before
) -> tuple[Part, Part]:
    """The files and the units, as they stand on the node.

    Raises:
        CommandError: one of them is nothing that a MachineConfig can say.
    """
    found = {each.path: each for each in seen.files}
    units = {each.name: each for each in seen.units}
    files: list[Json] = []
    entries: dict[str, Json] = {}
    for each in wanted:
        if each.kind == "file":
            files.append(_file(node, found[each.name], before))
        elif each.kind == "unit":
            entries[each.name] = _unit(node, units[each.name], before)
        else:
            entry = entries.setdefault(each.unit, {"name": each.unit})
            entry.setdefault("dropins", []).append(_dropin(node, found[each.name], before))
    made = list(entries.values())
    return (
        _part(
            {"storage": {"files": files}}, "storage.files", [each["path"] for each in files], node
        ),
        _part({"systemd": {"units": made}}, "systemd.units", list(entries), node),
    )


def _part(sections: Json, place: str, names: list[str], node: str) -> Part:
    origins = {f"{place}.{index}": f"{name} on {node}" for index, name in enumerate(names)}
    return Part(sections if names else {}, origins)


def _file(node: str, seen: SeenFile, before: Before) -> Json:
    data = _data(node, seen, before)
    there = before.file(seen.path)
    entry: Json = {"path": seen.path, "overwrite": True, "mode": seen.mode}
    for word, number, name in (("user", seen.uid, seen.user), ("group", seen.gid, seen.group)):
        entry |= _owner(word, number, name, there.get(word) or {})
    return {**entry, "contents": _over(contents(data), there.get("contents") or {}, seen.sha256)}


def _owner(word: str, number: int, name: str, before: Mapping[str, Any]) -> Json:
    """By its number, unless the config has a name there, beside which no number can stand."""
    if before.get("name"):
        return {word: {"name": name}} if name else {}
    return {word: {"id": number}} if number or before else {}


def _over(made: Json, before: Mapping[str, Any], digest: str) -> Json:
    """The contents, with what would stay of those that they replace."""
    stays: Json = {}
    if before.get("compression") and "compression" not in made:
        stays["compression"] = ""
    if (before.get("verification") or {}).get("hash"):
        stays["verification"] = {"hash": f"sha256-{digest}"}
    return {**made, **stays}


def _unit(node: str, seen: SeenUnit, before: Before) -> Json:
    """The unit: its mask, text and enablement, and all its drop-ins."""
    there, fragment = before.unit(seen.name), seen.fragment
    entry: Json = {"name": seen.name}
    masked = fragment.kind == "symlink" and fragment.target == _MASK
    if masked or there.get("mask"):
        entry["mask"] = masked
    entry |= _enabled(seen, there, masked=masked)
    if fragment.kind == "nothing" and there.get("contents") is None:
        pass  # a unit of the distribution, or none
    elif not masked:
        entry["contents"] = _text(node, fragment, before)
    on_disk = {each.path for each in seen.dropins}
    for each in there.get("dropins", ()):
        path = f"{UNIT_FOLDER}/{seen.name}.d/{each['name']}"
        if each["contents"] is not None and path not in on_disk:
            raise _gone(node, path, before)
    if seen.dropins:
        entry["dropins"] = [_dropin(node, each, before) for each in seen.dropins]
    if len(entry) == 1:
        raise CommandError(f"{node} has no unit {seen.name}", "name it as `systemctl` does there")
    return entry


def _enabled(seen: SeenUnit, before: Mapping[str, Any], *, masked: bool) -> Json:
    """Said where it is one or the other, or where the config says something else so far."""
    if seen.enablement in _ENABLED:
        return {"enabled": True}
    said = before.get("enabled") is not None
    return {"enabled": False} if said or (seen.enablement == _DISABLED and not masked) else {}


def _dropin(node: str, seen: SeenFile, before: Before) -> Json:
    return {"name": PurePosixPath(seen.path).name, "contents": _text(node, seen, before)}


def _text(node: str, seen: SeenFile, before: Before) -> str:
    """The text of a unit or drop-in, which always is root's, and of one mode."""
    data = _data(node, seen, before)
    if (seen.mode, seen.uid, seen.gid) != (_UNIT_MODE, 0, 0):
        reason = f"{seen.path} on {node} has mode 0{seen.mode:03o} and owner {seen.uid}:{seen.gid}"
        remedy = "a unit always has 0644 and 0:0: make it so there first"
        raise CommandError(f"{reason}, which no MachineConfig can say of a unit", remedy)
    try:
        text = data.decode()
    except UnicodeDecodeError:
        text = ""
    if not text:
        what = "is not UTF-8" if data else "is empty"
        raise CommandError(f"{seen.path} on {node} {what}", "a unit needs a text")
    return text


def _data(node: str, seen: SeenFile, before: Before) -> bytes:
    """What a regular file holds.

    Raises:
        CommandError: it is none, or cannot be had.
    """
    place = PurePosixPath(seen.path)
    if seen.kind == "nothing":
        raise _gone(node, seen.path, before)
    if seen.folder != str(place.parent):
        reason = f"{seen.path} on {node}: its folder is a symlink, and leads to {seen.folder}"
        raise CommandError(reason, f"name the file there: {PurePosixPath(seen.folder, place.name)}")
    for reason, remedy in _obstacles(seen):
        raise CommandError(f"{seen.path} on {node} {reason}", remedy)
    return seen.content or b""


def _obstacles(seen: SeenFile) -> Iterator[tuple[str, str]]:
    match seen.kind:
        case "symlink":
            yield f"is a symlink to {seen.target}", "a MachineConfig holds files: name that one"
        case "folder":
            yield "is a folder", "name the files in it"
        case "special file":
            yield "is no regular file", "a MachineConfig holds regular files alone"
        case "unreadable":
            yield f"cannot be read: {seen.error.lower()}", "look at it there"
    if seen.kind == "file" and seen.content is None:
        yield f"has {seen.size} bytes, more than {LARGEST}", "manage a smaller file"


def _gone(node: str, path: str, before: Before) -> CommandError:
    reason = f"{path} is not there on {node}, and no MachineConfig can take a file away"
    owners = before.owners(path)
    if owners:
        return CommandError(reason, f"take it out of {', '.join(owners)}, and all nodes lose it")
    return CommandError(reason, "no MachineConfig of its pool has it: is the path right?")
