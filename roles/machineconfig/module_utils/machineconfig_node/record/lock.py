"""The lock of a node, which every run holds while it changes the node."""

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
    """Hold the node's lock; wait at most `seconds` for another holder."""
    descriptor = _opened(os.path.join(folder, "lock"), os.O_RDWR | os.O_CREAT)
    try:
        _acquire(descriptor, time.monotonic() + seconds)
        yield
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def writers_held_off(folder: str) -> Iterator[Callable[[], bool]]:
    """Make writers wait during the block; yield a function that returns whether this succeeded.

    Nothing is written, not even the lock file.
    """
    path = os.path.join(folder, "lock")
    try:
        descriptor = _opened(path, os.O_RDONLY)
    except (FileNotFoundError, NotADirectoryError):
        # The node was never changed, and the first change creates the file.
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
        raise NodeError(f"{path} is not a regular file", "remove it")
    return descriptor


def _lock_shared(descriptor: int) -> bool:
    """Whether no run changes the node now, or can before the descriptor is closed."""
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
