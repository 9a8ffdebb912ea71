"""A run's folder as the guard knows it: ours alone, one process' at a time, emptied at its end."""

import fcntl
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

# What says how a run was made, and holds no contents of files.
_STAYS: Final = {"inventory.yml", "variables.json", "policy.json", "pool.json", "stderr"}


class InUseError(OSError):
    """Another process still works in the folder."""


def folder_of_runs(state: Path) -> Path:
    """Make the folder of all runs in the state folder, in which there may be files of others.

    Both are ours alone: whoever can write there decides what Ansible runs.

    Raises:
        PermissionError: one of them is somebody else's, or open to others.
    """
    runs = state / "runs"
    for each in (state, runs):
        _make_private(each)
    return runs


def _make_private(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o077:
        raise PermissionError(f"{folder} must be a folder of this user's alone, with mode 0700")


@contextmanager
def locked(folder: Path) -> Iterator[int]:
    """Make the folder, and hold its lock; a process that inherits the descriptor holds it on.

    Raises:
        InUseError: another process holds it.
    """
    folder.mkdir(mode=0o700, exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        _lock(descriptor, folder)
        yield descriptor
    finally:
        os.close(descriptor)


def _lock(descriptor: int, folder: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise InUseError(f"a run before has not ended yet in {folder}") from None


def sweep(runs: Path) -> None:
    """Empty the folders of runs that ended with the machine, or were killed with all of it.

    One that cannot be emptied holds up no other; the next run of its name empties it, or fails.
    """
    for folder in runs.iterdir():
        with suppress(OSError), locked(folder):
            empty(folder)


def empty(folder: Path) -> None:
    """Take away all that may hold contents of files, and what was only needed in the run."""
    for each in folder.iterdir():
        if each.name in _STAYS:
            continue
        if each.is_dir() and not each.is_symlink():
            shutil.rmtree(each, ignore_errors=True)
        else:
            each.unlink(missing_ok=True)
