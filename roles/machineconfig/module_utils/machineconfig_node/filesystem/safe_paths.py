"""Opens paths so that no user but root can redirect them; all other modules use this one.

A path is walked from `/`: each folder is opened relative to the previous one, and never through a
symbolic link. Operations are relative to the last folder, and facts about a file come from the open
file. A user who can rename entries along the path can make this fail, but cannot redirect it to
another file.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import stat
from typing import BinaryIO, Iterator, NamedTuple

from ..base.errors import BelowLinkError
from . import extra_rights, file_types

_DESCRIPTORS = "/proc/self/fd/"
_FOLDER = os.O_PATH | os.O_DIRECTORY
# The kernel's own link to the root of another mount namespace, which `overlay` uses.
_NAMESPACE = re.compile(r"/proc/\d+/root(?=/)")


class Place(NamedTuple):
    """A name in an open folder."""

    folder: int
    name: str

    def sync(self) -> None:
        """Sync the names in the folder to the disk."""
        descriptor = os.open(".", os.O_RDONLY | os.O_DIRECTORY, dir_fd=self.folder)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


class OpenPath:
    """The inode that was at a path when it was opened, even if the path is replaced meanwhile."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.status = os.fstat(descriptor)

    @property
    def type(self) -> str:
        """`file` for a regular file, `link`, or a name from `file_types`."""
        mode = self.status.st_mode
        return file_types.special_type(mode) or ("link" if stat.S_ISLNK(mode) else "file")

    @property
    def extra_rights(self) -> dict[str, str]:
        """The ACL and the capabilities of a regular file or a folder."""
        return extra_rights.of(f"{_DESCRIPTORS}{self._descriptor}")

    @property
    def target(self) -> str:
        """The target of a link."""
        return os.readlink("", dir_fd=self._descriptor)

    def open(self) -> BinaryIO:
        """Open a regular file for reading."""
        return os.fdopen(self.reopen(), "rb")

    def reopen(self) -> int:
        """Return a descriptor by which a regular file or a folder can be read."""
        return os.open(f"{_DESCRIPTORS}{self._descriptor}", os.O_RDONLY)


@contextlib.contextmanager
def place(path: str) -> Iterator[Place]:
    """Yield the path as a name in its open folder; errors inside name the path.

    Raises:
        BelowLinkError: one of the folders is a symbolic link.
    """
    with errors_with_path(path):
        folder = _walk(os.path.dirname(path))
        try:
            yield Place(folder, os.path.basename(path))
        finally:
            os.close(folder)


@contextlib.contextmanager
def errors_with_path(path: str) -> Iterator[None]:
    """Add this path to errors inside, unless they name another one already."""
    try:
        yield
    except OSError as error:
        named = error.filename if isinstance(error.filename, str) else ""
        is_whole = named.startswith("/") and not named.startswith(_DESCRIPTORS)
        if error.errno is None or is_whole:
            raise
        raise OSError(error.errno, error.strerror, path) from error


@contextlib.contextmanager
def open_folder(path: str) -> Iterator[int]:
    """Open a folder so that it can be listed and synced."""
    with place(f"{path}/.") as inside:
        descriptor = os.open(".", os.O_RDONLY | os.O_DIRECTORY, dir_fd=inside.folder)
        try:
            yield descriptor
        finally:
            os.close(descriptor)


@contextlib.contextmanager
def own_folder(at: Place) -> Iterator[int]:
    """Open the folder of this name, which this user created.

    Raises:
        PermissionError: another user owns it.
    """
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
    descriptor = os.open(at.name, flags, dir_fd=at.folder)
    try:
        if os.fstat(descriptor).st_uid != os.geteuid():
            raise PermissionError(f"{at.name} belongs to another user")
        yield descriptor
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def opened(path: str) -> Iterator[OpenPath | None]:
    """Yield what is at the path; None if there is nothing. Errors inside name the path."""
    descriptor = _opened(path)
    try:
        with errors_with_path(path):
            yield None if descriptor is None else OpenPath(descriptor)
    finally:
        if descriptor is not None:
            os.close(descriptor)


def link_target(path: str) -> str | None:
    """Return the target of the link at the path; None if there is no link."""
    with opened(path) as there:
        return there.target if there and there.type == "link" else None


def read_bytes(path: str) -> bytes:
    """Return the bytes of a regular file.

    Raises:
        FileNotFoundError: there is no regular file.
    """
    with opened(path) as there:
        if there is None or there.type != "file":
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
        with there.open() as stream:
            return stream.read()


def open_following_links(path: str) -> BinaryIO:
    """Open the regular file behind a link that root created, without blocking."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
    return os.fdopen(descriptor, "rb")


def open_descriptor(path: str, flags: int) -> int:
    """Open the file at the path, or create it for its owner alone, without blocking."""
    with place(path) as at:
        flags |= os.O_NOFOLLOW | os.O_NONBLOCK
        return os.open(at.name, flags, 0o600, dir_fd=at.folder)


def exposed_folder(path: str) -> str:
    """Return the outermost folder in which users other than root can rename a part of the path.

    Empty if there is none. Only root can make another folder the outermost one.
    """
    around = "/"
    for name in path.split("/")[1:]:
        inner = os.path.join(around, name)
        if _is_exposed(around, inner):
            return around
        around = inner
    return ""


def _is_exposed(folder: str, entry: str) -> bool:
    own = {0, os.geteuid()}
    try:
        outer = os.lstat(folder)
    except (FileNotFoundError, NotADirectoryError):
        return False
    if outer.st_uid not in own:
        return True
    is_shared = bool(outer.st_mode & (stat.S_IWGRP | stat.S_IWOTH))
    if is_shared and outer.st_mode & stat.S_ISVTX:
        return not (os.path.lexists(entry) and os.lstat(entry).st_uid in own)
    return is_shared


def _opened(path: str) -> int | None:
    try:
        with place(path) as at:
            return os.open(at.name, os.O_PATH | os.O_NOFOLLOW, dir_fd=at.folder)
    except (FileNotFoundError, NotADirectoryError):
        return None


def _walk(path: str) -> int:
    namespace = _NAMESPACE.match(f"{path}/")
    start = namespace.group() if namespace else "/"
    descriptor = os.open(start, _FOLDER)
    try:
        for name in filter(None, path[len(start) :].split("/")):
            outer, descriptor = descriptor, _enter(descriptor, name, path)
            os.close(outer)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _enter(outer: int, name: str, path: str) -> int:
    try:
        return os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=outer)
    except NotADirectoryError:
        if stat.S_ISLNK(os.stat(name, dir_fd=outer, follow_symlinks=False).st_mode):
            raise BelowLinkError(path, name) from None
        raise
