"""One writer a node: whoever changes anything holds this lock for as long as it does."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from typing import Iterator

from .errors import NodeError


@contextlib.contextmanager
def locked(folder: str, seconds: float = 60.0) -> Iterator[None]:
    """Hold the node's lock; wait for another holder at most `seconds`."""
    descriptor = os.open(os.path.join(folder, "lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _acquire(descriptor, time.monotonic() + seconds)
        yield
    finally:
        os.close(descriptor)


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
