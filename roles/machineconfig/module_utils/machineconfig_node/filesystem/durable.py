"""Writes that are whole or absent after a power cut: hidden file, fsync, rename, fsync again."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import stat
from typing import Callable, Iterable, Iterator

from ..base.errors import BelowLinkError
from . import extra_rights, safe_paths
from .safe_paths import Place

PREFIX = ".machine-config-"
# The mode of every folder in /etc.
FOLDER_MODE = 0o755
_NEW = "new"


def replace(path: str, make: Callable[[Place], None]) -> None:
    """Replace `path` in one step by what `make` creates at the place that it is passed.

    The replacement survives a power cut. The place is in a hidden folder beside `path` that only
    this user can enter, so no daemon reads it and the rename stays on one file system.
    """
    with safe_paths.place(path) as at:
        with _holder(at.folder) as new:
            make(new)
            os.rename(new.name, at.name, src_dir_fd=new.folder, dst_dir_fd=at.folder)
        # Last, because otherwise a power cut could bring back the hidden folder.
        at.sync()


@contextlib.contextmanager
def _holder(folder: int) -> Iterator[Place]:
    at = Place(folder, f"{PREFIX}{secrets.token_hex(8)}")
    os.mkdir(at.name, 0o700, dir_fd=folder)
    try:
        with safe_paths.own_folder(at) as inside:
            yield Place(inside, _NEW)
    finally:
        _remove_holder(at)


def _remove_holder(at: Place) -> None:
    """Remove a hidden folder with its content, unless another user owns it."""
    with contextlib.suppress(OSError):
        with safe_paths.own_folder(at) as inside, contextlib.suppress(FileNotFoundError):
            os.unlink(_NEW, dir_fd=inside)
        os.rmdir(at.name, dir_fd=at.folder)


def write_file(  # noqa: PLR0913 - all that a file has
    path: str,
    content: bytes,
    mode: int,
    uid: int,
    gid: int,
    finish: Callable[[int], None] = lambda _: None,
) -> None:
    """Make `path` a regular file with this content, mode and owner, and no other rights.

    `finish` is called with the open file before it is visible at `path`.
    """

    def make(new: Place) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        descriptor = os.open(new.name, flags, 0o600, dir_fd=new.folder)
        with os.fdopen(descriptor, "wb") as stream:
            extra_rights.remove(stream.fileno())
            stream.write(content)
            _set_rights(stream.fileno(), mode, uid, gid)
            stream.flush()
            finish(stream.fileno())
            os.fsync(stream.fileno())

    replace(path, make)


def rights_given(folder: str, mode: int, uid: int, gid: int) -> tuple[int, int, int]:
    """Return mode and owner of a new file in the folder that should have these; it is removed.

    Some file systems have the same rights for all files, or permit no other owner.
    """
    with safe_paths.place(f"{folder}/{_NEW}") as at, _holder(at.folder) as new:
        descriptor = os.open(new.name, os.O_WRONLY | os.O_CREAT, 0o600, dir_fd=new.folder)
        try:
            _set_rights(descriptor, mode, uid, gid)
            found = os.fstat(descriptor)
        finally:
            os.close(descriptor)
    return stat.S_IMODE(found.st_mode), found.st_uid, found.st_gid


def _set_rights(descriptor: int, mode: int, uid: int, gid: int) -> None:
    # chown clears the set-id bits, so the mode comes last.
    os.fchown(descriptor, uid, gid)
    os.fchmod(descriptor, mode)


def write_link(path: str, target: str) -> None:
    """Make `path` a symbolic link to `target`."""
    replace(path, lambda new: os.symlink(target, new.name, dir_fd=new.folder))


def remove(path: str) -> None:
    """Remove `path` if it exists; a folder is never removed."""
    with contextlib.suppress(FileNotFoundError, IsADirectoryError), safe_paths.place(path) as at:
        os.unlink(at.name, dir_fd=at.folder)
        at.sync()


def make_folders(path: str, mode: int = FOLDER_MODE) -> None:
    """Create the missing parents of `path` with this mode, whatever umask and ACLs there are."""
    for each in missing_folders([path]):
        # A folder that another process has created meanwhile is left as it is.
        with contextlib.suppress(FileExistsError), safe_paths.place(each) as at:
            os.mkdir(at.name, 0o700, dir_fd=at.folder)
            with safe_paths.own_folder(at) as made:
                extra_rights.remove(made)
                os.fchmod(made, mode)
            at.sync()


def remove_folder(path: str) -> None:
    """Remove a folder if it is empty."""
    with contextlib.suppress(OSError, BelowLinkError), safe_paths.place(path) as at:
        os.rmdir(at.name, dir_fd=at.folder)
        at.sync()


def missing_folders(paths: Iterable[str]) -> list[str]:
    """Return the parents of `paths` that do not exist, the outer ones first."""
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
    """Remove the files in `folder`, and what a killed run left there."""
    for name in os.listdir(folder):
        path = os.path.join(folder, name)
        remove_tree = shutil.rmtree if os.path.isdir(path) else os.unlink
        remove_tree(path)


def sweep(folder: str) -> None:
    """Remove the hidden folders that a killed run left in `folder`."""
    missing = contextlib.suppress(FileNotFoundError, NotADirectoryError)
    with missing, safe_paths.open_folder(folder) as inside:
        left = [name for name in os.listdir(inside) if name.startswith(PREFIX)]
        for name in left:
            _remove_holder(Place(inside, name))
        if left:
            os.fsync(inside)
