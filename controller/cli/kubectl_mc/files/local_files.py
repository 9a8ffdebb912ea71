"""Local files, and why one cannot be read."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from typing import BinaryIO, Final

from controller.cli.kubectl_mc.terminal.errors import CommandError, UnseenError
from controller.rendering.contents import LARGEST

_MIB: Final = 1024 * 1024
# What a file of manifests may have, which is read whole.
MOST_MANIFESTS: Final = 32 * _MIB


@dataclass(frozen=True)
class LocalFile:
    """A file as it was read: where from, what it holds, and its permission bits."""

    path: str
    data: bytes
    mode: int


def read(path: Path) -> bytes:
    """What a file holds, or a pipe that a shell has made for `<(...)`.

    Raises:
        UnseenError: it cannot be read, or is no manifest by its size.
    """
    with readable(path), path.open("rb") as opened:
        return read_manifests(path, opened)


def read_manifests(path: Path, opened: BinaryIO) -> bytes:
    """The same of what is open already.

    Raises:
        UnseenError: as `read` does.
    """
    with readable(path):
        data = opened.read(MOST_MANIFESTS + 1)
    if len(data) > MOST_MANIFESTS:
        reason = f"{path} has more than {MOST_MANIFESTS // _MIB} MiB"
        raise UnseenError(reason, "split it; the API server stores no object of more than 1.5 MiB")
    return data


def read_regular(path: Path) -> bytes:
    """What a file holds that nobody has named: of a pipe or device there may be no end.

    Raises:
        UnseenError: it cannot be read, or is no regular file.
    """
    _regular_mode(path)
    return read(path)


def read_to_manage(name: str) -> LocalFile:
    """A file that is to be on nodes, where it has to fit.

    Raises:
        UnseenError: it cannot be read, or is no regular file.
        CommandError: it is too large.
    """
    path = Path(name)
    mode = _regular_mode(path)
    with readable(path), path.open("rb") as opened:
        data = opened.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise CommandError(f"{name} has more than {LARGEST} bytes", "manage a smaller file")
    return LocalFile(name, data, mode)


def _regular_mode(path: Path) -> int:
    with readable(path):
        mode = path.stat().st_mode
    if S_ISDIR(mode):
        raise UnseenError(f"{path} is a folder", "name a file in it")
    if not S_ISREG(mode):
        raise UnseenError(f"{path} is no regular file", "put what it gives into one")
    return mode


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Say in words why reading this failed."""
    try:
        yield
    except OSError as error:
        remedy = "check its rights" if isinstance(error, PermissionError) else "check the path"
        raise UnseenError(f"{path}: {(error.strerror or str(error)).lower()}", remedy) from error
