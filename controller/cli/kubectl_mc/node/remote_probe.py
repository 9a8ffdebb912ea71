"""Runs on a node as root: reads files and units, and prints them as JSON.

The source is sent over SSH to Python 3.8 or later, where this package is not installed. It changes
nothing, and follows no symlink.
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


def main(request_json: str) -> None:
    """Print the `files` and `units` of the request, with the limits `public` and `max_bytes`."""
    request = json.loads(request_json)
    limits = request["public"], request["max_bytes"]
    contents = {
        "files": [read_path(path, *limits) for path in request["files"]],
        "units": [read_unit(name, *limits) for name in request["units"]],
    }
    sys.stdout.write(json.dumps(contents))


def read_path(path: str, public: bool, max_bytes: int) -> dict[str, Any]:  # noqa: FBT001 - one caller, in here
    """Return what is at the path, and its contents up to `max_bytes`.

    With `public`, contents that are not world-readable are left out too.
    """
    result: dict[str, Any] = {"path": path, "folder": _plain(os.path.realpath(Path(path).parent))}
    try:
        found = os.lstat(path)
        result["mode"] = stat.S_IMODE(found.st_mode)
        result["uid"], result["gid"] = found.st_uid, found.st_gid
        result["user"] = _name(pwd.getpwuid, found.st_uid)
        result["group"] = _name(grp.getgrgid, found.st_gid)
        if stat.S_ISLNK(found.st_mode):
            target = os.readlink(path)  # noqa: PTH115 - Path has that only since Python 3.9
            result.update(kind="symlink", target=_plain(target))
        elif stat.S_ISDIR(found.st_mode):
            result["kind"] = "folder"
        elif stat.S_ISREG(found.st_mode):
            result.update(kind="file", **_contents(path, public, max_bytes))
        else:
            result["kind"] = "special file"
    except (FileNotFoundError, NotADirectoryError):
        result["kind"] = "nothing"
    except OSError as error:
        result.update(kind="unreadable", error=error.strerror or str(error))
    return result


def _contents(path: str, public: bool, max_bytes: int) -> dict[str, Any]:  # noqa: FBT001 - same
    opened = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(opened, "rb") as stream:
        found = os.fstat(stream.fileno())
        data = stream.read(max_bytes + 1)
    if len(data) > max_bytes:
        return {"size": found.st_size}
    result: dict[str, Any] = {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    if not public or found.st_mode & stat.S_IROTH:
        result["content"] = base64.b64encode(data).decode()
    return result


def read_unit(name: str, public: bool, max_bytes: int) -> dict[str, Any]:  # noqa: FBT001 - same
    """Return the unit's files in /etc/systemd/system, and its enablement."""
    folder = Path(UNIT_FOLDER, name + ".d")
    dropins = sorted(folder.glob("*.conf")) if folder.is_dir() else []
    return {
        "name": name,
        "enablement": _enablement(name),
        "fragment": read_path(str(Path(UNIT_FOLDER, name)), public, max_bytes),
        "dropins": [_dropin(str(each), public, max_bytes) for each in dropins],
    }


def _dropin(path: str, public: bool, max_bytes: int) -> dict[str, Any]:  # noqa: FBT001 - same
    if _plain(path) == path:
        return read_path(path, public, max_bytes)
    shown = _plain(path)
    return {"path": shown, "folder": shown, "kind": "unreadable", "error": "its name is not UTF-8"}


def _name(lookup: Callable[[int], Any], number: int) -> str:
    """Return the name of a user or group; empty if it has none."""
    try:
        return _plain(lookup(number)[0])
    except KeyError:
        return ""


def _plain(name: str) -> str:
    """Return the name with bytes that are not UTF-8 replaced, for JSON."""
    return name.encode(errors="surrogateescape").decode(errors="replace")


def _enablement(name: str) -> str:
    """Return the output of `systemctl is-enabled`; empty if there is none."""
    try:
        done = subprocess.run(
            ["systemctl", "is-enabled", "--", name],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=30,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode(errors="replace").strip()
