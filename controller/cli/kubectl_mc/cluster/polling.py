"""Reading the cluster again and again."""

import time
from collections.abc import Callable, Iterator
from typing import Final, TypeVar

from controller.cli.kubectl_mc.terminal.errors import UnavailableError

Reading = TypeVar("Reading")

_INTERVAL: Final = 2  # seconds
# For a command that waits for an end.
_SHORT_INTERVAL: Final = 0.5
# A read that takes long, as with thousands of nodes, is followed by a longer pause.
_PAUSE_FACTOR: Final = 3


def poll_for(seconds: float, read: Callable[[], Reading]) -> Iterator[Reading | UnavailableError]:
    """Read at once, then repeatedly, and once more when the time is over."""
    end = time.monotonic() + seconds
    while True:
        began = time.monotonic()
        try:
            yield read()
        except UnavailableError as error:
            yield error
        now = time.monotonic()
        if now >= end:
            return
        time.sleep(min(max(_SHORT_INTERVAL, _PAUSE_FACTOR * (now - began)), end - now))


def poll(first: Reading, read: Callable[[], Reading]) -> Iterator[Reading | UnavailableError]:
    """Yield the first reading, then later ones, or errors: an API server may be updated itself."""
    yield first
    took = 0.0
    while True:
        time.sleep(max(_INTERVAL, _PAUSE_FACTOR * took))
        began = time.monotonic()
        try:
            yield read()
        except UnavailableError as error:
            yield error
        took = time.monotonic() - began
