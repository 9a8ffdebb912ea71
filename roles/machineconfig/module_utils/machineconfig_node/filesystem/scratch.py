"""Temporary folders; one that a killed call left is removed by the next call."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from typing import Iterator

from . import durable, safe_paths


@contextlib.contextmanager
def folder(parent: str, prefix: str) -> Iterator[str]:
    """Yield a folder of this user alone, which is locked while it is in use."""
    durable.make_folders(f"{parent}/any", 0o700)
    with safe_paths.open_folder(parent) as around:
        # No other call can remove the folder before it is locked.
        fcntl.flock(around, fcntl.LOCK_EX)
        _sweep(parent, prefix)
        made = tempfile.mkdtemp(prefix=prefix, dir=parent)
        in_use = safe_paths.open_descriptor(made, os.O_RDONLY)
        fcntl.flock(in_use, fcntl.LOCK_SH)
    try:
        yield made
    finally:
        shutil.rmtree(made)
        os.close(in_use)


def _sweep(parent: str, prefix: str) -> None:
    for name in os.listdir(parent):
        # Another call may remove its own folder at any of these steps.
        with contextlib.suppress(FileNotFoundError):
            if name.startswith(prefix):
                _remove_unless_in_use(os.path.join(parent, name))


def _remove_unless_in_use(left: str) -> None:
    descriptor = safe_paths.open_descriptor(left, os.O_RDONLY)
    try:
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(left)
    finally:
        os.close(descriptor)
