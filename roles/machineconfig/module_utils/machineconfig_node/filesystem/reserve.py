"""Disk space that is kept free for a rollback, in case a config fills the disk."""

from __future__ import annotations

import contextlib
import os
from functools import partial
from typing import Iterable

from . import durable

# For the record, its journal, and folders.
_BYTES = 512 << 10


def size(contents: int) -> int:
    """Return how many bytes to reserve for a rollback that writes `contents` bytes."""
    return _BYTES + contents


def keep(folders: Iterable[str], contents: int) -> None:
    """Reserve the space in each folder; once on a file system."""
    kept = set()
    for folder in folders:
        durable.make_folders(_path(folder), 0o700)
        device = os.stat(folder).st_dev
        if device not in kept:
            durable.write_file(_path(folder), b"", 0o600, 0, 0, partial(_allocate, size(contents)))
            kept.add(device)


def free(folders: Iterable[str]) -> None:
    """Free the reserved space."""
    for folder in folders:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(_path(folder))


def _allocate(length: int, descriptor: int) -> None:
    os.posix_fallocate(descriptor, 0, length)


def _path(folder: str) -> str:
    return os.path.join(folder, "reserve")
