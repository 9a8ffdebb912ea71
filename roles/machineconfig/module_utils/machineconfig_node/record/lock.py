"""One writer a node: whoever changes anything holds this lock for as long as it does."""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
import time
from typing import Callable, Iterator

from ..base import os_errors
from ..base.errors import NodeError
from ..filesystem import safe_paths


@contextlib.contextmanager
def locked(folder: str, seconds: float = 60.0) -> Iterator[None]:
    """Hold the node's lock; wait for another holder at most `seconds`."""
    descriptor = _opened(os.path.join(folder, "lock"), os.O_RDWR | os.O_CREAT)
    try:
        _acquire(descriptor, time.monotonic() + seconds)
        yield
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def writers_held_off(folder: str) -> Iterator[Callable[[], bool]]:
    """Keep every writer waiting while somebody looks; what it yields says whether that came about.

    Nothing is written for it, not even the lock's own file.
    """
    path = os.path.join(folder, "lock")
    try:
        descriptor = _opened(path, os.O_RDONLY)
    except (FileNotFoundError, NotADirectoryError):
        # Nobody has ever changed anything here, and whoever begins to leaves the file behind.
        yield lambda: not os.path.lexists(path)
        return
    try:
        held = _lock_shared(descriptor)
        yield lambda: held
    finally:
        os.close(descriptor)


def _opened(path: str, flags: int) -> int:
    try:
        descriptor = safe_paths.open_descriptor(path, flags)
    except (FileNotFoundError, NotADirectoryError):
        raise
    except OSError as error:
        raise os_errors.to_node_error(error) from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise NodeError(f"{path} is no file", "remove it")
    return descriptor


def _lock_shared(descriptor: int) -> bool:
    """Whether nobody is changing anything, and nobody will before the descriptor is closed."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _acquire(descriptor: int, deadline: float) -> None:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:  # noqa: PERF203 - it waits anyway
            if time.monotonic() > deadline:
                raise NodeError(
                    "another run holds the node's lock",
                    "wait until it has ended (`fuser /var/lib/machine-config/lock` names it)",
                ) from None
            time.sleep(0.1)
        else:
            return
