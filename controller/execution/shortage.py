"""What this process itself has too little of; it says nothing of any node."""

import errno
import os
import subprocess
from pathlib import Path
from typing import Final, Self

_DISK: Final = "make room there, or set MACHINECONFIG_STATE_FOLDER to a folder that has some"
_OTHER_FOLDER: Final = "mend it, or set MACHINECONFIG_STATE_FOLDER to another folder"
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
# What a run needs: its files, and Ansible's own, each some hundred KiB, or more with large configs.
_BYTES: Final = 8 * 2**20
_INODES: Final = 100
_IN_A_RUN: Final = 1 / 8
_PROBE: Final = b"\0" * 2**16


class ShortageError(Exception):
    """The controller has too little of something, or its folder is not as it must be."""

    @classmethod
    def of(cls, error: OSError, folder: Path) -> Self:
        """What the error means for runs in `folder`, and what to do about it."""
        number = error.errno or 0
        said = error.strerror or str(error)
        remedy = _REMEDIES.get(number, "")
        return cls(f"{folder}: {said}" + (f" ({remedy})" if remedy else ""))

    @classmethod
    def of_file(cls, error: OSError, file: Path) -> Self:
        """A file without which no node is reached cannot be read."""
        said = (error.strerror or str(error)).lower()
        return cls(f"{file} cannot be read: {said} (put it there, readable for the controller)")

    @classmethod
    def of_threads(cls) -> Self:
        """No thread can be started."""
        return cls(f"no thread can be started ({_MORE_PROCESSES})")


def found(folder: Path) -> str:
    """What is too little at this moment for a run in `folder`, in words; empty where nothing is."""
    probe = folder / f".probe-{os.getpid()}"
    try:
        try:
            demand_room(folder, part=_IN_A_RUN)
            probe.write_bytes(_PROBE)
            subprocess.run(["true"], check=False)
        finally:
            probe.unlink(missing_ok=True)
    except OSError as error:
        return str(ShortageError.of(error, folder))
    return ""


def demand_file(file: Path) -> None:
    """See that the file can be read.

    Raises:
        ShortageError: it cannot.
    """
    try:
        file.open("rb").close()
    except OSError as error:
        raise ShortageError.of_file(error, file) from error


def demand_room(folder: Path, part: float = 1) -> None:
    """See that there is room for a run in the folder, or for what `part` of it still needs.

    Raises:
        OSError: there is none, or it cannot be known.
    """
    there = os.statvfs(folder)
    if there.f_bavail * there.f_frsize < _BYTES * part:
        raise OSError(errno.ENOSPC, f"less than {_BYTES // 2**20} MiB are free")
    # A file system that makes inodes as they are needed has no number of them.
    if there.f_files and there.f_favail < _INODES * part:
        raise OSError(errno.ENOSPC, f"fewer than {_INODES} inodes are free")
