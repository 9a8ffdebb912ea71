"""The parts of a MachineConfig that describe the state of a node; pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Final

from controller.api.json_object import Json
from controller.cli.kubectl_mc.authoring.adopt_targets import AdoptTarget
from controller.cli.kubectl_mc.authoring.draft import DraftPart
from controller.cli.kubectl_mc.authoring.file_part import encoded_contents
from controller.cli.kubectl_mc.node.node_contents import NodeContents, NodeFile, NodeUnit
from controller.cli.kubectl_mc.terminal.errors import CommandError
from controller.rendering.contents import LARGEST
from controller.rendering.paths import UNIT_FOLDER

_UNIT_MODE: Final = 0o644
_MASK: Final = "/dev/null"
# The outputs of `systemctl is-enabled` that a drift check counts as enabled, and as not enabled.
_ENABLED: Final = {"enabled", "enabled-runtime"}
_DISABLED: Final = "disabled"


@dataclass(frozen=True)
class PoolConfig:
    """The pool's config without the draft.

    `config` is the Ignition config, `manifest` what it puts onto a node; `owners` returns the
    MachineConfigs that manage a path.
    """

    config: Mapping[str, Any]
    manifest: Mapping[str, Any]
    owners: Callable[[str], tuple[str, ...]]

    def file(self, path: str) -> Mapping[str, Any]:
        """Return the file's entry in the Ignition config; empty if it has none."""
        return _named(self.config.get("storage", {}).get("files", ()), "path", path)

    def unit(self, name: str) -> Mapping[str, Any]:
        """Return the unit's entry in the manifest; empty if it has none."""
        return _named(self.manifest.get("units", ()), "name", name)


def _named(entries: Iterable[Mapping[str, Any]], key: str, name: str) -> Mapping[str, Any]:
    return next((entry for entry in entries if entry[key] == name), {})


def adopted_parts(
    node: str, targets: Iterable[AdoptTarget], contents: NodeContents, pool: PoolConfig
) -> tuple[DraftPart, DraftPart]:
    """Return the files and the units as they are on the node.

    Raises:
        CommandError: a MachineConfig cannot express one of them.
    """
    node_files = {file.path: file for file in contents.files}
    node_units = {unit.name: unit for unit in contents.units}
    files: list[Json] = []
    units: dict[str, Json] = {}
    for target in targets:
        if target.kind == "file":
            files.append(_file(node, node_files[target.name], pool))
        elif target.kind == "unit":
            units[target.name] = _unit(node, node_units[target.name], pool)
        else:
            entry = units.setdefault(target.unit, {"name": target.unit})
            entry.setdefault("dropins", []).append(_dropin(node, node_files[target.name], pool))
    paths = [file["path"] for file in files]
    return (
        _part({"storage": {"files": files}}, "storage.files", paths, node),
        _part({"systemd": {"units": list(units.values())}}, "systemd.units", list(units), node),
    )


def _part(sections: Json, place: str, names: list[str], node: str) -> DraftPart:
    origins = {f"{place}.{index}": f"{name} on {node}" for index, name in enumerate(names)}
    return DraftPart(sections if names else {}, origins)


def _file(node: str, file: NodeFile, pool: PoolConfig) -> Json:
    data = _data(node, file, pool)
    replaced = pool.file(file.path)
    entry: Json = {"path": file.path, "overwrite": True, "mode": file.mode}
    for field, number, name in (("user", file.uid, file.user), ("group", file.gid, file.group)):
        entry |= _owner(field, number, name, replaced.get(field) or {})
    contents = _overriding(encoded_contents(data), replaced.get("contents") or {}, file.sha256)
    return {**entry, "contents": contents}


def _owner(field: str, number: int, name: str, replaced: Mapping[str, Any]) -> Json:
    """Return an owner by number, or by name if the config has one: only one of them may be set."""
    if replaced.get("name"):
        return {field: {"name": name}} if name else {}
    return {field: {"id": number}} if number or replaced else {}


def _overriding(contents: Json, replaced: Mapping[str, Any], digest: str) -> Json:
    """Return the contents, overriding all fields of those that they are merged over."""
    fields: Json = {}
    if replaced.get("compression") and "compression" not in contents:
        fields["compression"] = ""
    if (replaced.get("verification") or {}).get("hash"):
        fields["verification"] = {"hash": f"sha256-{digest}"}
    return {**contents, **fields}


def _unit(node: str, unit: NodeUnit, pool: PoolConfig) -> Json:
    """Return a unit's entry: its mask, text and enablement, and all its drop-ins."""
    replaced, fragment = pool.unit(unit.name), unit.fragment
    entry: Json = {"name": unit.name}
    masked = fragment.kind == "symlink" and fragment.target == _MASK
    if masked or replaced.get("mask"):
        entry["mask"] = masked
    entry |= _enabled(unit, replaced, masked=masked)
    if fragment.kind == "nothing" and replaced.get("contents") is None:
        pass  # a unit of the distribution, or none
    elif not masked:
        entry["contents"] = _text(node, fragment, pool)
    on_disk = {dropin.path for dropin in unit.dropins}
    for dropin in replaced.get("dropins", ()):
        path = f"{UNIT_FOLDER}/{unit.name}.d/{dropin['name']}"
        if dropin["contents"] is not None and path not in on_disk:
            raise _missing(node, path, pool)
    if unit.dropins:
        entry["dropins"] = [_dropin(node, dropin, pool) for dropin in unit.dropins]
    if len(entry) == 1:
        raise CommandError(f"{node} has no unit {unit.name}", "use the name that systemctl shows")
    return entry


def _enabled(unit: NodeUnit, replaced: Mapping[str, Any], *, masked: bool) -> Json:
    """Return the enablement if systemd reports it, or if the config has set it."""
    if unit.enablement in _ENABLED:
        return {"enabled": True}
    is_set = replaced.get("enabled") is not None
    return {"enabled": False} if is_set or (unit.enablement == _DISABLED and not masked) else {}


def _dropin(node: str, file: NodeFile, pool: PoolConfig) -> Json:
    return {"name": PurePosixPath(file.path).name, "contents": _text(node, file, pool)}


def _text(node: str, file: NodeFile, pool: PoolConfig) -> str:
    """Return the text of a unit or drop-in, whose owner and mode a MachineConfig cannot set."""
    data = _data(node, file, pool)
    if (file.mode, file.uid, file.gid) != (_UNIT_MODE, 0, 0):
        reason = f"{file.path} on {node} has mode 0{file.mode:03o} and owner {file.uid}:{file.gid}"
        remedy = "units always have 0644 and 0:0: change it on the node first"
        raise CommandError(f"{reason}, which a MachineConfig cannot set on a unit", remedy)
    try:
        text = data.decode()
    except UnicodeDecodeError:
        text = ""
    if not text:
        reason = "is not UTF-8" if data else "is empty"
        raise CommandError(f"{file.path} on {node} {reason}", "a unit needs text")
    return text


def _data(node: str, file: NodeFile, pool: PoolConfig) -> bytes:
    """Return the contents of a regular file.

    Raises:
        CommandError: it is not a regular file, or was not read.
    """
    place = PurePosixPath(file.path)
    if file.kind == "nothing":
        raise _missing(node, file.path, pool)
    if file.folder != str(place.parent):
        reason = f"{file.path} on {node}: its folder is a symlink to {file.folder}"
        raise CommandError(reason, f"name {PurePosixPath(file.folder, place.name)}")
    for reason, remedy in _unsupported(file):
        raise CommandError(f"{file.path} on {node} {reason}", remedy)
    return file.content or b""


def _unsupported(file: NodeFile) -> Iterator[tuple[str, str]]:
    match file.kind:
        case "symlink":
            yield f"is a symlink to {file.target}", "name the file that it leads to"
        case "folder":
            yield "is a folder", "name the files in it"
        case "special file":
            yield "is not a regular file", "a MachineConfig contains regular files only"
        case "unreadable":
            yield f"cannot be read: {file.error.lower()}", "examine it on the node"
    if file.kind == "file" and file.content is None:
        yield f"has {file.size} bytes, more than {LARGEST}", "use a smaller file"


def _missing(node: str, path: str, pool: PoolConfig) -> CommandError:
    reason = f"{path} does not exist on {node}, and no MachineConfig can remove a file"
    owners = pool.owners(path)
    if owners:
        remedy = f"remove it from {', '.join(owners)}, which removes it from all nodes"
        return CommandError(reason, remedy)
    return CommandError(reason, "no MachineConfig of its pool has it: is the path right?")
