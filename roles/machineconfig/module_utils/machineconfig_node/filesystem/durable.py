"""Writes that are whole or absent after a power cut: hidden file, fsync, rename, fsync again."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from typing import Callable, Iterable, Iterator

from ..base.errors import BelowLinkError
from . import safe_paths
from .safe_paths import Place

PREFIX = ".machine-config-"
# What every folder in /etc has.
FOLDER_MODE = 0o755
_NEW = "new"


def replace(path: str, make: Callable[[Place], None]) -> None:
    """Put at `path` what `make` makes at the place that it gets, in one step.

    It survives a power cut. The place is in a hidden folder beside `path`, which nobody else may
    enter, so that no daemon reads it and the rename stays on one file system.
    """
    with safe_paths.place(path) as at:
        with _holder(at.folder) as new:
            make(new)
            os.rename(new.name, at.name, src_dir_fd=new.folder, dst_dir_fd=at.folder)
        # At the end: else a power cut could bring the hidden folder back, for nobody to sweep.
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
    """Remove a hidden folder with what is in it; one that is not ours is left alone."""
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
    """Make `path` a regular file of this content, mode and owner.

    `finish` gets the open file when all of that is done, and nobody has seen it yet.
    """

    def make(new: Place) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        descriptor = os.open(new.name, flags, 0o600, dir_fd=new.folder)
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
    replace(path, lambda new: os.symlink(target, new.name, dir_fd=new.folder))


def remove(path: str) -> None:
    """Remove `path` if it is there; a folder is never removed."""
    with contextlib.suppress(FileNotFoundError, IsADirectoryError), safe_paths.place(path) as at:
        os.unlink(at.name, dir_fd=at.folder)
        at.sync()


def make_folders(path: str, mode: int = FOLDER_MODE) -> None:
    """Make the missing parents of `path`, of this mode whatever the umask is."""
    for each in missing_folders([path]):
        # One that somebody else has made meanwhile is left as it is.
        with contextlib.suppress(FileExistsError), safe_paths.place(each) as at:
            os.mkdir(at.name, 0o700, dir_fd=at.folder)
            with safe_paths.own_folder(at) as made:
                os.fchmod(made, mode)
            at.sync()


def remove_folder(path: str) -> None:
    """Remove a folder, unless something is in it."""
    with contextlib.suppress(OSError, BelowLinkError), safe_paths.place(path) as at:
        os.rmdir(at.name, dir_fd=at.folder)
        at.sync()


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
    """Remove the hidden folders that a killed run left in `folder`."""
    missing = contextlib.suppress(FileNotFoundError, NotADirectoryError)
    with missing, safe_paths.open_folder(folder) as inside:
        left = [name for name in os.listdir(inside) if name.startswith(PREFIX)]
        for name in left:
            _remove_holder(Place(inside, name))
        if left:
            os.fsync(inside)
