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
    errno.ENOENT: _OTHER_FOLDER,
    errno.ENOTDIR: _OTHER_FOLDER,
    errno.EMFILE: "raise the limit of open files (ulimit -n)",
    errno.ENFILE: "raise the limit of open files (fs.file-max)",
    errno.EAGAIN: _MORE_PROCESSES,
    errno.ENOMEM: "give it more memory, or lower MACHINECONFIG_PARALLEL_RUNS",
}
_PROBE: Final = b"\0" * 2**16


class ShortageError(Exception):
    """The controller has too little of something, or its folder is not as it must be."""

    @classmethod
    def of(cls, error: OSError, folder: Path) -> Self:
        """What the error means for runs in `folder`, and what to do about it."""
        number = error.errno or 0
        said = os.strerror(number) if number else str(error)
        if number in {errno.ENOSPC, errno.EDQUOT} and _has_no_inodes(folder):
            said += " (no inodes)"
        remedy = _REMEDIES.get(number, "")
        return cls(f"{folder}: {said}" + (f" ({remedy})" if remedy else ""))

    @classmethod
    def of_threads(cls) -> Self:
        """No thread can be started."""
        return cls(f"no thread can be started ({_MORE_PROCESSES})")


def found(folder: Path) -> str:
    """What is too little at this moment for a run in `folder`, in words; empty where nothing is."""
    probe = folder / f".probe-{os.getpid()}"
    try:
        try:
            probe.write_bytes(_PROBE)
            subprocess.run(["true"], check=False)
        finally:
            probe.unlink(missing_ok=True)
    except OSError as error:
        return str(ShortageError.of(error, folder))
    return ""


def _has_no_inodes(folder: Path) -> bool:
    try:
        found = os.statvfs(folder)
    except OSError:
        return False
    return found.f_files > 0 and found.f_favail == 0
