"""Reading local files, with errors that explain why one cannot be read."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from typing import BinaryIO, Final

from controller.cli.kubectl_mc.terminal.errors import CommandError, UnavailableError
from controller.rendering.contents import LARGEST

_MIB: Final = 1024 * 1024
# A file of manifests is read whole.
MAX_MANIFEST_BYTES: Final = 32 * _MIB


@dataclass(frozen=True)
class LocalFile:
    """A file's path, contents and permission bits."""

    path: str
    data: bytes
    mode: int


def read_manifest_file(path: Path) -> bytes:
    """Read a file that the user named, which may be a pipe such as a shell's `<(...)`.

    Raises:
        UnavailableError: it cannot be read, or is too large for manifests.
    """
    with explain_os_errors(path), path.open("rb") as opened:
        return read_manifest_stream(path, opened)


def read_manifest_stream(path: Path, opened: BinaryIO) -> bytes:
    """Read an open file.

    Raises:
        UnavailableError: it cannot be read, or is too large for manifests.
    """
    with explain_os_errors(path):
        data = opened.read(MAX_MANIFEST_BYTES + 1)
    if len(data) > MAX_MANIFEST_BYTES:
        reason = f"{path} is larger than {MAX_MANIFEST_BYTES // _MIB} MiB"
        raise UnavailableError(reason, "split it; the API server stores objects of up to 1.5 MiB")
    return data


def read_regular_manifest_file(path: Path) -> bytes:
    """Read a file that was found in a folder: reading a pipe or device might never end.

    Raises:
        UnavailableError: it cannot be read, or is not a regular file.
    """
    _regular_mode(path)
    return read_manifest_file(path)


def read_managed_file(name: str) -> LocalFile:
    """Read a file whose contents are meant for nodes.

    Raises:
        UnavailableError: it cannot be read, or is not a regular file.
        CommandError: it is too large for a node.
    """
    path = Path(name)
    mode = _regular_mode(path)
    with explain_os_errors(path), path.open("rb") as opened:
        data = opened.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise CommandError(f"{name} is larger than {LARGEST} bytes", "use a smaller file")
    return LocalFile(name, data, mode)


def _regular_mode(path: Path) -> int:
    with explain_os_errors(path):
        mode = path.stat().st_mode
    if S_ISDIR(mode):
        raise UnavailableError(f"{path} is a folder", "name a file in it")
    if not S_ISREG(mode):
        raise UnavailableError(f"{path} is not a regular file", "copy its output to one")
    return mode


@contextmanager
def explain_os_errors(path: Path) -> Iterator[None]:
    """Turn an OSError into an error with a remedy.

    Raises:
        UnavailableError: the file cannot be read.
    """
    try:
        yield
    except OSError as error:
        denied = isinstance(error, PermissionError)
        remedy = "check its permissions" if denied else "check the path"
        raise UnavailableError(
            f"{path}: {(error.strerror or str(error)).lower()}", remedy
        ) from error
