"""Runs on a node, as root: looks at files and units, and prints what it saw as JSON.

Its text is sent through SSH to a Python of 3.8 or later, which knows nothing of this package. It
changes nothing, and follows no symlink.
"""

from __future__ import annotations

import base64
import grp
import hashlib
import json
import os
import pwd
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

UNIT_FOLDER = "/etc/systemd/system"


def main(question: str) -> None:
    """Answer `{"files": [path], "units": [name], "public": bool, "most": bytes}`."""
    asked = json.loads(question)
    limits = asked["public"], asked["most"]
    answer = {
        "files": [look_at(path, *limits) for path in asked["files"]],
        "units": [unit(name, *limits) for name in asked["units"]],
    }
    sys.stdout.write(json.dumps(answer))


def look_at(path: str, public: bool, most: int) -> dict[str, Any]:  # noqa: FBT001 - one caller, in here
    """What stands at the path, and its contents unless these are more bytes than `most`.

    By `public` contents are left out, too, where not everybody on the node may read them.
    """
    seen: dict[str, Any] = {"path": path, "folder": _plain(os.path.realpath(Path(path).parent))}
    try:
        found = os.lstat(path)
        seen["mode"] = stat.S_IMODE(found.st_mode)
        seen["uid"], seen["gid"] = found.st_uid, found.st_gid
        seen["user"] = _name(pwd.getpwuid, found.st_uid)
        seen["group"] = _name(grp.getgrgid, found.st_gid)
        if stat.S_ISLNK(found.st_mode):
            target = os.readlink(path)  # noqa: PTH115 - Path has that only since Python 3.9
            seen.update(kind="symlink", target=_plain(target))
        elif stat.S_ISDIR(found.st_mode):
            seen["kind"] = "folder"
        elif stat.S_ISREG(found.st_mode):
            seen.update(kind="file", **_contents(path, public, most))
        else:
            seen["kind"] = "special file"
    except (FileNotFoundError, NotADirectoryError):
        seen["kind"] = "nothing"
    except OSError as error:
        seen.update(kind="unreadable", error=error.strerror or str(error))
    return seen


def _contents(path: str, public: bool, most: int) -> dict[str, Any]:  # noqa: FBT001 - same
    opened = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(opened, "rb") as stream:
        found = os.fstat(stream.fileno())
        data = stream.read(most + 1)
    if len(data) > most:
        return {"size": found.st_size}
    seen: dict[str, Any] = {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    if not public or found.st_mode & stat.S_IROTH:
        seen["content"] = base64.b64encode(data).decode()
    return seen


def unit(name: str, public: bool, most: int) -> dict[str, Any]:  # noqa: FBT001 - same
    """The unit as systemd has it in the folder of the administrator."""
    folder = Path(UNIT_FOLDER, name + ".d")
    found = sorted(folder.glob("*.conf")) if folder.is_dir() else []
    return {
        "name": name,
        "enablement": _enablement(name),
        "fragment": look_at(str(Path(UNIT_FOLDER, name)), public, most),
        "dropins": [_dropin(str(each), public, most) for each in found],
    }


def _dropin(path: str, public: bool, most: int) -> dict[str, Any]:  # noqa: FBT001 - same
    if _plain(path) == path:
        return look_at(path, public, most)
    told = _plain(path)
    return {"path": told, "folder": told, "kind": "unreadable", "error": "its name is not UTF-8"}


def _name(lookup: Callable[[int], Any], number: int) -> str:
    """The name of a user or group; empty where it has none."""
    try:
        return _plain(lookup(number)[0])
    except KeyError:
        return ""


def _plain(name: str) -> str:
    """The name as JSON can hold it, whatever its bytes are."""
    return name.encode(errors="surrogateescape").decode(errors="replace")


def _enablement(name: str) -> str:
    """What `systemctl is-enabled` says; empty where it says nothing."""
    try:
        said = subprocess.run(
            ["systemctl", "is-enabled", "--", name],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=30,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return said.stdout.decode(errors="replace").strip()
