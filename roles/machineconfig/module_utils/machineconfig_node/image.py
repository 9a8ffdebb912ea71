"""An image of one path: what stood there, kept so that it can be put back exactly.

An image is `{"type": "absent" | "link" | "file", ...}`; a file's bytes lie beside it in `store`.
"""

from __future__ import annotations

import os
import stat
from functools import partial
from typing import Any, Dict

from . import durable
from .errors import NodeError

Image = Dict[str, Any]


def take(path: str, store: str) -> Image:
    """The image of `path`; a regular file's bytes are copied to the file `store`."""
    try:
        found = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return {"type": "absent"}
    if stat.S_ISLNK(found.st_mode):
        return {"type": "link", "target": os.readlink(path)}
    if not stat.S_ISREG(found.st_mode):
        raise NodeError(
            f"{path} is neither a regular file nor a link",
            "move it away, or take the path out of the MachineConfig",
        )
    with open(path, "rb") as stream:
        durable.write_file(store, stream.read(), 0o600, 0, 0)
    return {
        "type": "file",
        "store": os.path.basename(store),
        "mode": stat.S_IMODE(found.st_mode),
        "uid": found.st_uid,
        "gid": found.st_gid,
        "mtime": found.st_mtime_ns,
        "xattrs": _xattrs(path),
    }


def stands(path: str, image: Image, folder: str) -> bool:
    """Whether `path` is just what the image says; `folder` holds the stored bytes."""
    try:
        found = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return bool(image["type"] == "absent")
    if stat.S_ISLNK(found.st_mode):
        return bool(image["type"] == "link" and os.readlink(path) == image["target"])
    return stat.S_ISREG(found.st_mode) and _is_that_file(path, found, image, folder)


def _is_that_file(path: str, found: os.stat_result, image: Image, folder: str) -> bool:
    if image["type"] != "file":
        return False
    there = {
        "mode": stat.S_IMODE(found.st_mode),
        "uid": found.st_uid,
        "gid": found.st_gid,
        "mtime": found.st_mtime_ns,
        "xattrs": _xattrs(path),
    }
    if any(image[key] != value for key, value in there.items()):
        return False
    with open(path, "rb") as stream, open(os.path.join(folder, image["store"]), "rb") as stored:
        return stream.read() == stored.read()


def _xattrs(path: str) -> dict[str, str]:
    return {name: os.getxattr(path, name).hex() for name in os.listxattr(path)}


def put_back(path: str, image: Image, folder: str) -> None:
    """Make `path` what the image says; `folder` holds the stored bytes."""
    if image["type"] == "absent":
        durable.remove(path)
        return
    durable.make_folders(path)
    if image["type"] == "link":
        durable.write_link(path, image["target"])
    else:
        with open(os.path.join(folder, image["store"]), "rb") as stream:
            content = stream.read()
        durable.write_file(
            path, content, image["mode"], image["uid"], image["gid"], partial(_finish, image)
        )


def _finish(image: Image, descriptor: int) -> None:
    for name, value in image["xattrs"].items():
        os.setxattr(descriptor, name, bytes.fromhex(value))
    os.utime(descriptor, ns=(image["mtime"], image["mtime"]))
