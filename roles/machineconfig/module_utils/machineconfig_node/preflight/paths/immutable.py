"""Files and folders that not even root can change, because of `chattr` attributes."""

from __future__ import annotations

import array
import contextlib
import fcntl
import os
import struct
from typing import Iterable, Iterator

from ...base.errors import BelowLinkError, NodeError
from ...filesystem import safe_paths
from .writable import nearest_folder

# _IOR('f', 1, long) of linux/fs.h, on a kernel of this size of long.
_GET_FLAGS = (2 << 30) | (struct.calcsize("l") << 16) | (ord("f") << 8) | 1
_LOCKS = {0x10: ("immutable", "i"), 0x20: ("append-only", "a")}


def validate(paths: Iterable[str]) -> None:
    """Raise a NodeError that names every locked file or folder that prevents a change."""
    found = dict(problem for path in paths for problem in locks(path))
    if found:
        raise NodeError("; ".join(found), f"{unlock_remedy(found)}, or change the MachineConfig")


def unlock_remedy(found: dict[str, str]) -> str:
    """Return the remedy for the result of `locks`."""
    return f"run {' and '.join(f'`{command}`' for command in found.values())} on the node"


def locks(path: str) -> Iterator[tuple[str, str]]:
    """Yield the locks that prevent a change of the path, with the commands that remove them."""
    for place in (nearest_folder(path), path):
        flags = _flags(place)
        for flag, (name, letter) in _LOCKS.items():
            if flags & flag:
                where = "it" if place == path else place
                yield f"{path} cannot be changed: {where} is {name}", f"chattr -{letter} {place}"


def _flags(path: str) -> int:
    """Return the attributes of a file or folder; none if its file system has none."""
    flags = array.array("l", [0])
    with contextlib.suppress(OSError, BelowLinkError), safe_paths.opened(path) as there:
        if there and there.type in {"file", "folder"}:
            descriptor = there.reopen()
            try:
                fcntl.ioctl(descriptor, _GET_FLAGS, flags)
            finally:
                os.close(descriptor)
    return flags[0]
