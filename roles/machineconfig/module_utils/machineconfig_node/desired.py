"""What a manifest wants of the node: paths, unit enablement and SSH keys.

The manifest is what `controller.rendering.manifest` decodes from a rendered config. Contents of
units and drop-ins, and masks, are paths like any other file.
"""

from __future__ import annotations

import base64
import dataclasses
import grp
import hashlib
import pwd
from typing import Any, Iterator

from .errors import NodeError

UNIT_FOLDER = "/etc/systemd/system"
# What the name of a masked unit leads to.
MASK = "/dev/null"


@dataclasses.dataclass(frozen=True)
class Wanted:
    """One path as it should be: a file, a link, or absent.

    `kind` and `name` say what a change of it is to the disruption policy: a file by its path, or a
    unit by its name. A check has the digest of a file instead of its content.
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

    def mark(self) -> dict[str, Any]:
        """What the record keeps to know this state again, without the content."""
        if self.type == "file":
            digest = self.sha256 or hashlib.sha256(self.content).hexdigest()
            state = {"sha256": digest, "mode": self.mode, "uid": self.uid, "gid": self.gid}
        else:
            state = {"target": self.target} if self.type == "link" else {}
        return {"kind": self.kind, "name": self.name, "type": self.type, **state}


@dataclasses.dataclass(frozen=True)
class Desired:
    """A whole manifest: its config's name, paths by path, enablement by unit, and keys.

    Where it is `forced`, all of it is to be written, and not only what differs. `unmasked` are the
    units that are to have no mask; `enablement.resolved` finds the paths that this takes away.
    `links` is the enablement as it is to be on the disk, by path; `refused` says of units why
    theirs cannot be. Both are empty until `enablement.resolved` has found them.
    """

    config: str
    paths: dict[str, Wanted]
    enablement: dict[str, bool]
    user: str
    keys: list[str]
    forced: bool = False
    unmasked: tuple[str, ...] = ()
    links: dict[str, Wanted] = dataclasses.field(default_factory=dict)
    refused: dict[str, str] = dataclasses.field(default_factory=dict)


def read(manifest: dict[str, Any]) -> Desired:
    """The manifest with names of owners resolved on this node."""
    wanted = [_file(each) for each in manifest["files"]]
    for unit in manifest["units"]:
        wanted.extend(_unit_paths(unit))
    return Desired(
        config=manifest["config"],
        paths={each.path: each for each in wanted},
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
    )


def _file(data: dict[str, Any]) -> Wanted:
    return Wanted(
        path=data["path"],
        kind="file",
        name=data["path"],
        type="file",
        content=base64.b64decode(data.get("content", "")),
        sha256=data.get("sha256", ""),
        mode=data["mode"],
        uid=_user(data["user"], data["path"]),
        gid=_group(data["group"], data["path"]),
    )


def _unit_paths(unit: dict[str, Any]) -> Iterator[Wanted]:
    name, path = unit["name"], f"{UNIT_FOLDER}/{unit['name']}"
    if unit["mask"]:
        yield Wanted(path, "unit", name, "link", target=MASK)
    elif unit["contents"]:
        yield Wanted(path, "unit", name, "file", content=unit["contents"].encode())
    for dropin in unit["dropins"]:
        place = f"{path}.d/{dropin['name']}"
        kind = "file" if dropin["contents"] else "absent"
        yield Wanted(place, "unit", name, kind, content=(dropin["contents"] or "").encode())


def _user(owner: int | str | None, path: str) -> int:
    try:
        return owner if isinstance(owner, int) else pwd.getpwnam(owner or "root").pw_uid
    except KeyError:
        raise _no_owner("user", owner, path) from None


def _group(owner: int | str | None, path: str) -> int:
    try:
        return owner if isinstance(owner, int) else grp.getgrnam(owner or "root").gr_gid
    except KeyError:
        raise _no_owner("group", owner, path) from None


def _no_owner(kind: str, name: object | None, path: str) -> NodeError:
    return NodeError(
        f"{path} is to belong to {kind} {name}, who is not on this node", f"add the {kind}"
    )
