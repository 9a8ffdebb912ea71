"""How a node differs from its config, path by path, for people who look at the node; pure."""

import base64
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, Final

from controller.api import names
from controller.api.machine_config_node import Drift
from controller.cli.kubectl_mc.comparison.pool_diff import contents_lines
from controller.cli.kubectl_mc.node.node_contents import SeenFile, SeenOnNode, SeenUnit
from controller.cli.kubectl_mc.terminal.console import Line
from controller.rendering.changes import Contents, unit_texts

Manifest = Mapping[str, Any]

_MOST: Final = 20  # lines of one path
_EVERYBODY_READS: Final = 0o004
_UNIT_MODE: Final = 0o644


@dataclass(frozen=True)
class Wanted:
    """What a config says of a path; an owner is a number or a name."""

    content: bytes
    mode: int
    user: int | str = 0
    group: int | str = 0


def to_read(manifest: Manifest, drift: Iterable[Drift]) -> tuple[list[str], list[str]]:
    """The paths and the units that have to be looked at, to tell more of the drift."""
    files, units = _files(manifest), _enabled(manifest)
    found = [each.path for each in drift]
    return [each for each in found if each in files], [each for each in found if each in units]


def lines(manifest: Manifest, drift: Iterable[Drift], seen: SeenOnNode) -> Iterator[Line]:
    """For each thing that differs, how: `-` is the config, `+` the node."""
    files, units = _files(manifest), _enabled(manifest)
    on_disk = {each.path: each for each in seen.files}
    in_systemd = {each.name: each for each in seen.units}
    for each in drift:
        yield [(f"  {each.path} ({each.kind})", "bold")]
        if each.path in on_disk:
            said = tuple(_file(each.path, files[each.path], on_disk[each.path]))
        elif each.path in in_systemd:
            said = tuple(_enablement(units[each.path], in_systemd[each.path]))
        else:
            said = (["    ", _elsewhere(each, manifest)],)
        yield from _cut(said)


def _files(manifest: Manifest) -> dict[str, Wanted]:
    wanted = {
        each["path"]: Wanted(
            base64.b64decode(each["content"]), each["mode"], each["user"], each["group"]
        )
        for each in manifest.get("files", ())
    }
    texts = chain.from_iterable(unit_texts(each) for each in manifest.get("units", ()))
    return wanted | {path: Wanted(text, _UNIT_MODE) for path, text in texts}


def _enabled(manifest: Manifest) -> dict[str, bool]:
    return {
        each["name"]: each["enabled"]
        for each in manifest.get("units", ())
        if each["enabled"] is not None
    }


def _file(path: str, wanted: Wanted, seen: SeenFile) -> Iterator[Line]:
    if seen.kind not in {"file", "nothing"}:
        yield ["    ", _in_its_place(seen)]
        return
    there = seen.kind == "file"
    if there:
        yield from _settings(wanted, seen)
    if there and not seen.sha256:
        size = len(wanted.content)
        yield [f"    contents: {size} bytes -> {seen.size} bytes, too many to compare"]
    elif not there or seen.sha256 != hashlib.sha256(wanted.content).hexdigest():
        yield from _contents(path, wanted, seen)


def _settings(wanted: Wanted, seen: SeenFile) -> Iterator[Line]:
    if wanted.mode != seen.mode:
        yield [f"    mode: 0{wanted.mode:03o} -> 0{seen.mode:03o}"]
    for word, owner, number in (("user", wanted.user, seen.uid), ("group", wanted.group, seen.gid)):
        # Which number a name has, the node alone knows.
        if isinstance(owner, int) and owner != number:
            yield [f"    {word}: {owner} -> {number}"]


def _contents(path: str, wanted: Wanted, seen: SeenFile) -> Iterator[Line]:
    """Text only where everybody may read it, by the config and on the node."""
    there = seen.kind == "file"
    public = bool(wanted.mode & _EVERYBODY_READS and (not there or seen.mode & _EVERYBODY_READS))
    if public and (seen.content is not None or not there):
        yield from contents_lines(
            Contents(path, wanted.content, seen.content, public=True), protected=False
        )
        return
    yield ["    contents, which not everybody may read:"]
    digest = hashlib.sha256(wanted.content).hexdigest()
    yield ["    ", (f"- {len(wanted.content)} bytes, sha256:{digest}", "red")]
    if there:
        yield ["    ", (f"+ {seen.size} bytes, sha256:{seen.sha256}", "green")]


def _in_its_place(seen: SeenFile) -> str:
    if seen.kind == "symlink":
        return f"a symlink to {seen.target} is in its place"
    if seen.kind == "unreadable":
        return f"it cannot be read: {seen.error.lower()}"
    return f"a {seen.kind} is in its place"


def _enablement(wanted: bool, seen: SeenUnit) -> Iterator[Line]:  # noqa: FBT001 - one caller, in here
    word = "enabled" if wanted else "not enabled"
    yield [f"    enablement: {word} -> {seen.enablement or 'not known to systemd'}"]


def _elsewhere(drift: Drift, manifest: Manifest) -> str:
    """Of what is no file with contents that are ours."""
    if drift.path == names.FORCE_FILE:
        return "somebody has put it there: the config is applied again, and the node rebooted"
    if drift.path == manifest.get("user"):
        return "SSH keys: look at the managed block in the user's ~/.ssh/authorized_keys"
    return "no contents to compare"


def _cut(said: tuple[Line, ...]) -> Iterator[Line]:
    yield from islice(said, _MOST)
    if len(said) > _MOST:
        yield [f"    … and {len(said) - _MOST} more lines"]
    if not said:
        yield ["    it is as it should be now: `kubectl mc check` tells the controller"]
