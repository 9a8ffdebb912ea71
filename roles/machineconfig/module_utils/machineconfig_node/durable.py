"""Writes that are whole or absent after a power cut: hidden file, fsync, rename, fsync again."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from typing import Callable, Iterable

PREFIX = ".machine-config-"
# What every folder in /etc has.
FOLDER_MODE = 0o755


def replace(path: str, make: Callable[[str], None]) -> None:
    """Put at `path` what `make(temporary_path)` makes, in one step that survives a power cut.

    The temporary name is hidden and lies in the same folder, so that no daemon reads it and the
    rename stays on one file system.
    """
    folder = os.path.dirname(path)
    holder = tempfile.mkdtemp(prefix=PREFIX, dir=folder)
    temporary = os.path.join(holder, "new")
    try:
        make(temporary)
        os.rename(temporary, path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        os.rmdir(holder)
    # At the end: else a power cut could bring the hidden folder back, for nobody to sweep.
    sync_folder(folder)


def write_file(  # noqa: PLR0913 - all that a file has
    path: str,
    content: bytes,
    mode: int,
    uid: int,
    gid: int,
    finish: Callable[[int], None] = lambda _: None,
) -> None:
    """Make `path` a regular file of this content, mode and owner.

    `finish` gets the open file when all of that is done, and nobody has seen it yet.
    """

    def make(temporary: str) -> None:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            # chown clears the set-id bits, so the mode comes last.
            os.fchown(stream.fileno(), uid, gid)
            os.fchmod(stream.fileno(), mode)
            stream.flush()
            finish(stream.fileno())
            os.fsync(stream.fileno())

    replace(path, make)


def write_link(path: str, target: str) -> None:
    """Make `path` a symbolic link to `target`."""
    replace(path, lambda temporary: os.symlink(target, temporary))


def remove(path: str) -> None:
    """Remove `path` if it is there; a folder is never removed."""
    with contextlib.suppress(FileNotFoundError, IsADirectoryError):
        os.unlink(path)
        sync_folder(os.path.dirname(path))


def make_folders(path: str, mode: int = FOLDER_MODE) -> None:
    """Make the missing parents of `path`, of this mode whatever the umask is."""
    for each in missing_folders([path]):
        os.mkdir(each, 0o700)
        os.chmod(each, mode)
        sync_folder(os.path.dirname(each))


def remove_folder(path: str) -> None:
    """Remove a folder, unless something is in it."""
    with contextlib.suppress(OSError):
        os.rmdir(path)
        sync_folder(os.path.dirname(path))


def missing_folders(paths: Iterable[str]) -> list[str]:
    """The parents of `paths` that are not there, each once, the outer ones first."""
    missing: dict[str, None] = {}
    for path in paths:
        chain = []
        folder = os.path.dirname(path)
        while not os.path.isdir(folder):
            chain.append(folder)
            folder = os.path.dirname(folder)
        missing.update(dict.fromkeys(reversed(chain)))
    return list(missing)


def empty(folder: str) -> None:
    """Remove the files in `folder`, and what a killed run has left there."""
    for name in os.listdir(folder):
        path = os.path.join(folder, name)
        remove_tree = shutil.rmtree if os.path.isdir(path) else os.unlink
        remove_tree(path)


def sweep(folder: str) -> None:
    """Remove the temporary folders that a killed run left in `folder`."""
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        left = [name for name in os.listdir(folder) if name.startswith(PREFIX)]
        for name in left:
            shutil.rmtree(os.path.join(folder, name))
        if left:
            sync_folder(folder)


def sync_folder(folder: str) -> None:
    """Wait until the names in `folder` are on the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
