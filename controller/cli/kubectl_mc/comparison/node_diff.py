"""How a node differs from its config, path by path, as read from the node; pure."""

import base64
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, Final

from controller.api import names
from controller.api.machine_config_node import Drift
from controller.cli.kubectl_mc.comparison.pool_diff_view import contents_lines
from controller.cli.kubectl_mc.node.node_contents import NodeContents, NodeFile, NodeUnit
from controller.cli.kubectl_mc.terminal.console import Line
from controller.rendering.changes import Contents, unit_texts

Manifest = Mapping[str, Any]

_MAX_LINES: Final = 20  # of one path
_WORLD_READABLE: Final = 0o004
_UNIT_MODE: Final = 0o644


@dataclass(frozen=True)
class ConfiguredFile:
    """A file as the config has it; an owner is a number or a name."""

    content: bytes
    mode: int
    user: int | str = 0
    group: int | str = 0


def paths_to_read(manifest: Manifest, drift: Iterable[Drift]) -> tuple[list[str], list[str]]:
    """Return the files and the units that have to be read to show how they have drifted."""
    files, units = _files(manifest), _enabled(manifest)
    paths = [finding.path for finding in drift]
    return [path for path in paths if path in files], [path for path in paths if path in units]


def node_diff_lines(
    manifest: Manifest, drift: Iterable[Drift], contents: NodeContents
) -> Iterator[Line]:
    """Yield a diff for each finding: `-` is the config, `+` the node."""
    files, units = _files(manifest), _enabled(manifest)
    node_files = {file.path: file for file in contents.files}
    node_units = {unit.name: unit for unit in contents.units}
    for finding in drift:
        path = finding.path
        yield [(f"  {path} ({finding.kind})", "bold")]
        if path in node_files:
            lines = tuple(_file(path, files[path], node_files[path]))
        elif path in node_units:
            lines = tuple(_enablement(units[path], node_units[path]))
        else:
            lines = (["    ", _without_contents(finding, manifest)],)
        yield from _cut(lines)


def _files(manifest: Manifest) -> dict[str, ConfiguredFile]:
    files = {
        file["path"]: ConfiguredFile(
            base64.b64decode(file["content"]), file["mode"], file["user"], file["group"]
        )
        for file in manifest.get("files", ())
    }
    texts = chain.from_iterable(unit_texts(unit) for unit in manifest.get("units", ()))
    return files | {path: ConfiguredFile(text, _UNIT_MODE) for path, text in texts}


def _enabled(manifest: Manifest) -> dict[str, bool]:
    return {
        unit["name"]: unit["enabled"]
        for unit in manifest.get("units", ())
        if unit["enabled"] is not None
    }


def _file(path: str, configured: ConfiguredFile, found: NodeFile) -> Iterator[Line]:
    if found.kind not in {"file", "nothing"}:
        yield ["    ", _replaced_by(found)]
        return
    exists = found.kind == "file"
    if exists:
        yield from _settings(configured, found)
    if exists and not found.sha256:
        size = len(configured.content)
        yield [f"    contents: {size} bytes -> {found.size} bytes, too many to compare"]
    elif not exists or found.sha256 != hashlib.sha256(configured.content).hexdigest():
        yield from _contents(path, configured, found)


def _settings(configured: ConfiguredFile, found: NodeFile) -> Iterator[Line]:
    if configured.mode != found.mode:
        yield [f"    mode: 0{configured.mode:03o} -> 0{found.mode:03o}"]
    owners = (("user", configured.user, found.uid), ("group", configured.group, found.gid))
    for noun, owner, number in owners:
        # Which number a name has is known on the node alone.
        if isinstance(owner, int) and owner != number:
            yield [f"    {noun}: {owner} -> {number}"]


def _contents(path: str, configured: ConfiguredFile, found: NodeFile) -> Iterator[Line]:
    """Yield text only if the file is world-readable both in the config and on the node."""
    exists = found.kind == "file"
    public = bool(
        configured.mode & _WORLD_READABLE and (not exists or found.mode & _WORLD_READABLE)
    )
    if public and (found.content is not None or not exists):
        yield from contents_lines(
            Contents(path, configured.content, found.content, public=True), protected=False
        )
        return
    yield ["    contents are not world-readable:"]
    digest = hashlib.sha256(configured.content).hexdigest()
    yield ["    ", (f"- {len(configured.content)} bytes, sha256:{digest}", "red")]
    if exists:
        yield ["    ", (f"+ {found.size} bytes, sha256:{found.sha256}", "green")]


def _replaced_by(found: NodeFile) -> str:
    if found.kind == "symlink":
        return f"replaced by a symlink to {found.target}"
    if found.kind == "unreadable":
        return f"cannot be read: {found.error.lower()}"
    return f"replaced by a {found.kind}"


def _enablement(enabled: bool, found: NodeUnit) -> Iterator[Line]:  # noqa: FBT001 - one caller, in here
    configured = "enabled" if enabled else "not enabled"
    yield [f"    enablement: {configured} -> {found.enablement or 'unknown to systemd'}"]


def _without_contents(finding: Drift, manifest: Manifest) -> str:
    """Explain a finding that has no contents to compare."""
    if finding.path == names.FORCE_FILE:
        return "a user has created it: the config is applied again, and the node rebooted"
    if finding.path == manifest.get("user"):
        return "SSH keys: see the managed block in the user's ~/.ssh/authorized_keys"
    return "no contents to compare"


def _cut(lines: tuple[Line, ...]) -> Iterator[Line]:
    yield from islice(lines, _MAX_LINES)
    if len(lines) > _MAX_LINES:
        yield [f"    … and {len(lines) - _MAX_LINES} more lines"]
    if not lines:
        yield ["    no difference any more: `kubectl mc check` updates the status"]
