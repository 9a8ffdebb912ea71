"""Writes that are whole or absent after a power cut: hidden file, fsync, rename, fsync again."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from typing import Callable, Iterable

PREFIX = ".machine-config-"


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
        sync_folder(folder)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        os.rmdir(holder)


def write_file(path: str, content: bytes, mode: int, uid: int, gid: int) -> None:
    """Make `path` a regular file of this content, mode and owner."""

    def make(temporary: str) -> None:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            # chown clears the set-id bits, so the mode comes last.
            os.fchown(stream.fileno(), uid, gid)
            os.fchmod(stream.fileno(), mode)
            stream.flush()
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


def make_folders(path: str) -> None:
    """Make the missing parents of `path`, 0755 and owned by root whatever the umask is."""
    for each in missing_folders([path]):
        os.mkdir(each)
        os.chmod(each, 0o755)  # noqa: S103 - what every folder in /etc has
        sync_folder(os.path.dirname(each))


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


def sweep(folder: str) -> None:
    """Remove the temporary folders that a killed run left in `folder`."""
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        for name in os.listdir(folder):
            if name.startswith(PREFIX):
                shutil.rmtree(os.path.join(folder, name))


def sync_folder(folder: str) -> None:
    """Wait until the names in `folder` are on the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
