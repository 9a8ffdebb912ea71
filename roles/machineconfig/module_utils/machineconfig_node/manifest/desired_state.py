"""The desired state of the node: paths, unit enablement and SSH keys.

`controller.rendering.node_manifest` decodes the manifest from a rendered config. Units, drop-ins
and masks are paths like any other file.
"""

from __future__ import annotations

import base64
import dataclasses
import grp
import hashlib
import pwd
from typing import Any, Callable, Iterator

from ..systemd import unit_paths


@dataclasses.dataclass(frozen=True)
class DesiredPath:
    """The desired state of one path: a file, a link, or absent.

    `kind` and `name` identify it for the disruption policy: a file by its path, or a unit by its
    name. A check has the digest of a file instead of its content.
    """

    path: str
    kind: str
    name: str
    type: str
    content: bytes = b""
    sha256: str = ""
    mode: int = 0o644
    uid: int = 0
    gid: int = 0
    target: str = ""

    def to_entry(self) -> dict[str, Any]:
        """Return the entry for the record, which identifies this state without the content."""
        if self.type == "file":
            digest = self.sha256 or hashlib.sha256(self.content).hexdigest()
            state = {"sha256": digest, "mode": self.mode, "uid": self.uid, "gid": self.gid}
        else:
            state = {"target": self.target} if self.type == "link" else {}
        return {"kind": self.kind, "name": self.name, "type": self.type, **state}


@dataclasses.dataclass(frozen=True)
class DesiredState:
    """A whole manifest: its config's name, paths by path, enablement by unit, and keys.

    If it is `forced`, all of it is written, and not only what differs. `unmasked` are the units
    whose mask is removed, `links` are the enablement links by path, and `refused` contains the
    reasons why an owner or an enablement is impossible. `enablement.resolving` adds what depends on
    the unit files of the node.
    """

    config: str
    paths: dict[str, DesiredPath]
    enablement: dict[str, bool]
    user: str
    keys: list[str]
    forced: bool = False
    unmasked: tuple[str, ...] = ()
    links: dict[str, DesiredPath] = dataclasses.field(default_factory=dict)
    refused: dict[str, str] = dataclasses.field(default_factory=dict)


def read(manifest: dict[str, Any]) -> DesiredState:
    """Read a manifest and resolve the names of owners on this node; unknown ones are refused."""
    refused: dict[str, str] = {}
    desired = [_file(each, refused) for each in manifest["files"]]
    for unit in manifest["units"]:
        desired.extend(_unit_paths(unit))
    return DesiredState(
        config=manifest["config"],
        paths={each.path: each for each in desired},
        enablement={
            unit["name"]: unit["enabled"]
            for unit in manifest["units"]
            if unit["enabled"] is not None
        },
        user=manifest["user"],
        keys=manifest["keys"],
        unmasked=tuple(
            unit["name"]
            for unit in manifest["units"]
            if unit["mask"] is False and not unit["contents"]
        ),
        refused=refused,
    )


def _file(data: dict[str, Any], refused: dict[str, str]) -> DesiredPath:
    return DesiredPath(
        path=data["path"],
        kind="file",
        name=data["path"],
        type="file",
        content=base64.b64decode(data.get("content", "")),
        sha256=data.get("sha256", ""),
        mode=data["mode"],
        uid=_id("user", data, refused, lambda name: pwd.getpwnam(name).pw_uid),
        gid=_id("group", data, refused, lambda name: grp.getgrnam(name).gr_gid),
    )


def _unit_paths(unit: dict[str, Any]) -> Iterator[DesiredPath]:
    name, path = unit["name"], f"{unit_paths.UNIT_FOLDER}/{unit['name']}"
    if unit["mask"]:
        yield DesiredPath(path, "unit", name, "link", target=unit_paths.MASK)
    elif unit["contents"]:
        yield DesiredPath(path, "unit", name, "file", content=unit["contents"].encode())
    for dropin in unit["dropins"]:
        place = f"{path}.d/{dropin['name']}"
        kind = "file" if dropin["contents"] else "absent"
        yield DesiredPath(place, "unit", name, kind, content=(dropin["contents"] or "").encode())


def _id(
    kind: str, data: dict[str, Any], refused: dict[str, str], find: Callable[[str], int]
) -> int:
    owner = data[kind]
    try:
        return owner if isinstance(owner, int) else find(owner or "root")
    except KeyError:
        refused[f"{kind} of {data['path']}"] = (
            f"{data['path']} requires the {kind} {owner}, which does not exist on this node: "
            f"add the {kind}, or change the owner"
        )
        return 0
