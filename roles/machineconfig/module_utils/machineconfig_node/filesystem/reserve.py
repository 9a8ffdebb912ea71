"""Disk space and inodes that are kept free for a rollback, in case a config uses all of them up."""

from __future__ import annotations

import contextlib
import os
import shutil
from functools import partial
from typing import Iterable

from . import durable

# For the record, its journal, and folders; with some for programs that are faster.
_BYTES = 512 << 10
_INODES = 32


def size(contents: int) -> int:
    """Return how many bytes to reserve for a rollback that writes `contents` bytes."""
    return _BYTES + contents


def inodes(paths: int) -> int:
    """Return how many inodes to reserve for a rollback of so many `paths`."""
    return _INODES + paths


def keep(folders: Iterable[str], contents: int, paths: int) -> None:
    """Reserve both in each folder; once on a file system."""
    kept = set()
    for folder in folders:
        space = os.path.join(_path(folder), "space")
        durable.make_folders(space, 0o700)
        device = os.stat(folder).st_dev
        if device not in kept:
            for number in range(inodes(paths)):
                with contextlib.suppress(FileExistsError):
                    os.mknod(os.path.join(_path(folder), str(number)))
            # Last, because it writes the folder to the disk.
            durable.write_file(space, b"", 0o600, 0, 0, partial(_allocate, size(contents)))
            kept.add(device)


def free(folders: Iterable[str]) -> None:
    """Free what is reserved."""
    for folder in folders:
        shutil.rmtree(_path(folder), ignore_errors=True)


def _allocate(length: int, descriptor: int) -> None:
    os.posix_fallocate(descriptor, 0, length)


def _path(folder: str) -> str:
    return os.path.join(folder, "reserve")
