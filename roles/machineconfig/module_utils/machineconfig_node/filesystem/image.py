"""An image of one path: what was there, kept so that it can be restored exactly.

An image is `{"type": "absent" | "link" | "file", ...}`; the bytes of a file are in `store`.
"""

from __future__ import annotations

import os
import stat
from functools import partial
from typing import Any, BinaryIO, Dict

from ..base.errors import NodeError
from . import durable, safe_paths

Image = Dict[str, Any]


def take(path: str, store: str) -> Image:
    """Return the image of `path`; the bytes of a regular file are copied to the file `store`."""
    with safe_paths.opened(path) as there:
        if there is None:
            return {"type": "absent"}
        if there.type == "link":
            return {"type": "link", "target": there.target}
        if there.type != "file":
            raise NodeError(
                f"{path} is neither a regular file nor a link",
                "move it away, or remove the path from the MachineConfig",
            )
        with there.open() as stream:
            durable.write_file(store, stream.read(), 0o600, 0, 0)
            return {"type": "file", "store": os.path.basename(store), **_attributes(stream)}


def matches(path: str, image: Image, folder: str) -> bool:
    """Whether `path` is exactly as in the image; `folder` contains the stored bytes."""
    with safe_paths.opened(path) as there:
        if there is None or there.type != image["type"]:
            return there is None and bool(image["type"] == "absent")
        if there.type == "link":
            return bool(there.target == image["target"])
        with there.open() as stream:
            if any(image[key] != value for key, value in _attributes(stream).items()):
                return False
            return stream.read() == _stored(image, folder)


def _attributes(file: BinaryIO) -> dict[str, Any]:
    descriptor = file.fileno()
    found = os.fstat(descriptor)
    names = os.listxattr(descriptor)
    return {
        "mode": stat.S_IMODE(found.st_mode),
        "uid": found.st_uid,
        "gid": found.st_gid,
        "mtime": found.st_mtime_ns,
        "xattrs": {name: os.getxattr(descriptor, name).hex() for name in names},
    }


def _stored(image: Image, folder: str) -> bytes:
    return safe_paths.read_bytes(os.path.join(folder, image["store"]))


def restore(path: str, image: Image, folder: str) -> None:
    """Restore `path` from the image; `folder` contains the stored bytes."""
    if image["type"] == "absent":
        durable.remove(path)
        return
    durable.make_folders(path)
    if image["type"] == "link":
        durable.write_link(path, image["target"])
    else:
        content, rights = _stored(image, folder), (image["mode"], image["uid"], image["gid"])
        durable.write_file(path, content, *rights, partial(_finish, image))


def _finish(image: Image, descriptor: int) -> None:
    for name, value in image["xattrs"].items():
        os.setxattr(descriptor, name, bytes.fromhex(value))
    os.utime(descriptor, ns=(image["mtime"], image["mtime"]))
