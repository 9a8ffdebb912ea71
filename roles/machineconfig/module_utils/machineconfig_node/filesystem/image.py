"""An image of one path: what was there, kept so that it can be restored exactly.

An image is `{"type": "absent" | "link" | "file", ...}`. The bytes of a file are in a folder, under
their digest as `store`: so no other content can replace them, and a damaged one is detected.
"""

from __future__ import annotations

import hashlib
import os
import stat
from functools import partial
from typing import Any, BinaryIO, Dict

from ..base.errors import NodeError
from . import durable, safe_paths

Image = Dict[str, Any]


class LostContentError(NodeError):
    """The stored bytes of a file are missing or damaged."""

    def __init__(self, store: str, what: str) -> None:
        super().__init__(f"its original is lost: {store} is {what}", "restore that from a backup")


def take(path: str, folder: str) -> Image:
    """Return the image of `path`; the bytes of a regular file are copied into `folder`."""
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
            content = stream.read()
            digest = hashlib.sha256(content).hexdigest()
            durable.write_file(os.path.join(folder, digest), content, 0o600, 0, 0)
            kept = {"store": digest, "sha256": digest, "links": there.status.st_nlink}
            return {"type": "file", **kept, **_attributes(stream)}


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
            return stream.read() == stored(image, folder)


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


def stored(image: Image, folder: str) -> bytes:
    """Return the bytes of a file as they were.

    Raises:
        LostContentError: they are missing or damaged.
    """
    store = os.path.join(folder, image["store"])
    try:
        content = safe_paths.read_bytes(store)
    except FileNotFoundError:
        raise LostContentError(store, "missing") from None
    # Images of earlier versions have no digest.
    if image.get("sha256") not in {None, hashlib.sha256(content).hexdigest()}:
        raise LostContentError(store, "damaged")
    return content


def is_lost(image: Image, folder: str) -> bool:
    """Whether the image is of a file whose bytes are missing or damaged."""
    if image["type"] == "file":
        try:
            stored(image, folder)
        except LostContentError:
            return True
    return False


def restore(path: str, image: Image, folder: str) -> None:
    """Restore `path` from the image; `folder` contains the stored bytes."""
    if image["type"] == "absent":
        durable.remove(path)
        return
    durable.make_folders(path)
    if image["type"] == "link":
        durable.write_link(path, image["target"])
    else:
        content, rights = stored(image, folder), (image["mode"], image["uid"], image["gid"])
        durable.write_file(path, content, *rights, partial(_finish, image))


def _finish(image: Image, descriptor: int) -> None:
    for name, value in image["xattrs"].items():
        os.setxattr(descriptor, name, bytes.fromhex(value))
    os.utime(descriptor, ns=(image["mtime"], image["mtime"]))
