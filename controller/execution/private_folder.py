"""The folder of a run: private to this user, locked by one process, and emptied at its end."""

import fcntl
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

# They describe a run, and contain no contents of managed files.
_KEPT: Final = {"inventory.yml", "variables.json", "policy.json", "pool.json", "stderr"}


class InUseError(OSError):
    """Another process still uses the folder."""


def folder_of_runs(state: Path) -> Path:
    """Make the folder of all runs in the state folder, which may contain other files.

    Both are private to this user: whoever can write there decides what Ansible runs.

    Raises:
        PermissionError: one of them belongs to another user, or is open to others.
    """
    runs = state / "runs"
    for each in (state, runs):
        _make_private(each)
    return runs


def _make_private(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o077:
        raise PermissionError(
            f"{folder} must be a folder that belongs to this user, with mode 0700"
        )


@contextmanager
def locked(folder: Path) -> Iterator[int]:
    """Make and lock the folder; a process that inherits the descriptor keeps the lock.

    Raises:
        InUseError: another process has locked it.
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
        raise InUseError(f"the previous run in {folder} has not ended yet") from None


def sweep(runs: Path) -> None:
    """Empty the folders of runs that were killed together with their guard.

    One that cannot be emptied holds up no others; the next run of its name empties it, or fails.
    """
    for folder in runs.iterdir():
        with suppress(OSError), locked(folder):
            empty(folder)


def empty(folder: Path) -> None:
    """Delete what may contain contents of managed files, and what only the run itself needed."""
    for each in folder.iterdir():
        if each.name in _KEPT:
            continue
        if each.is_dir() and not each.is_symlink():
            shutil.rmtree(each, ignore_errors=True)
        else:
            each.unlink(missing_ok=True)
