"""Resources that the controller itself is short of, which no node is to blame for."""

import errno
import os
import subprocess
from pathlib import Path
from typing import Final, Self

_DISK: Final = "make room there, or set MACHINECONFIG_STATE_FOLDER to a folder that has some"
_OTHER_FOLDER: Final = "fix it, or set MACHINECONFIG_STATE_FOLDER to another folder"
_MORE_PROCESSES: Final = "raise the limit of processes (pids), or lower MACHINECONFIG_PARALLEL_RUNS"
_REMEDIES: Final = {
    errno.ENOSPC: _DISK,
    errno.EDQUOT: _DISK,
    errno.EFBIG: "raise the limit of a file's size (ulimit -f)",
    errno.EROFS: _OTHER_FOLDER,
    errno.EACCES: _OTHER_FOLDER,
    errno.EPERM: _OTHER_FOLDER,
    errno.EEXIST: _OTHER_FOLDER,
    errno.ENOENT: _OTHER_FOLDER,
    errno.ENOTDIR: _OTHER_FOLDER,
    errno.EMFILE: "raise the limit of open files (ulimit -n)",
    errno.ENFILE: "raise the limit of open files (fs.file-max)",
    errno.EAGAIN: _MORE_PROCESSES,
    errno.ENOMEM: "give it more memory, or lower MACHINECONFIG_PARALLEL_RUNS",
}
# The files of a run and those of Ansible, each some hundred KiB, or more with large configs.
_BYTES: Final = 8 * 2**20
_INODES: Final = 100
_REST_OF_RUN: Final = 1 / 8
_PROBE: Final = b"\0" * 2**16


class ShortageError(Exception):
    """The controller is short of a resource, or its folder cannot be used."""

    @classmethod
    def of(cls, error: OSError, folder: Path) -> Self:
        """Return the error of the kernel for runs in `folder`, with its remedy."""
        number = error.errno or 0
        cause = error.strerror or str(error)
        remedy = _REMEDIES.get(number, "")
        return cls(f"{folder}: {cause}" + (f" ({remedy})" if remedy else ""))

    @classmethod
    def of_file(cls, error: OSError, file: Path) -> Self:
        """Return the error for a file that ssh needs and that cannot be read."""
        cause = (error.strerror or str(error)).lower()
        return cls(f"{file} cannot be read: {cause} (make it readable for the controller)")

    @classmethod
    def of_threads(cls) -> Self:
        """Return the error for a thread that cannot be started."""
        return cls(f"no thread can be started ({_MORE_PROCESSES})")


def detect(folder: Path) -> str:
    """Return what a run in `folder` is short of now; empty if nothing."""
    probe = folder / f".probe-{os.getpid()}"
    try:
        try:
            require_room(folder, part=_REST_OF_RUN)
            probe.write_bytes(_PROBE)
            subprocess.run(["true"], check=False)
        finally:
            probe.unlink(missing_ok=True)
    except OSError as error:
        return str(ShortageError.of(error, folder))
    return ""


def require_file(file: Path) -> None:
    """Require that the file can be read.

    Raises:
        ShortageError: it cannot be read.
    """
    try:
        file.open("rb").close()
    except OSError as error:
        raise ShortageError.of_file(error, file) from error


def require_room(folder: Path, part: float = 1) -> None:
    """Require room for a run in the folder, or for a `part` of one.

    Raises:
        OSError: there is too little, or it is unknown.
    """
    there = os.statvfs(folder)
    if there.f_bavail * there.f_frsize < _BYTES * part:
        raise OSError(errno.ENOSPC, f"less than {_BYTES // 2**20} MiB are free")
    # A file system that allocates inodes on demand reports no number of them.
    if there.f_files and there.f_favail < _INODES * part:
        raise OSError(errno.ENOSPC, f"fewer than {_INODES} inodes are free")
