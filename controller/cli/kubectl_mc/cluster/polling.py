"""Looking again and again."""

import time
from collections.abc import Callable, Iterator
from typing import Final, TypeVar

from controller.cli.kubectl_mc.terminal.errors import UnseenError

Look = TypeVar("Look")

_PAUSE: Final = 2  # seconds
# Of somebody who waits for something that ends.
_SHORT_PAUSE: Final = 0.5
# A look that takes long, as at thousands of nodes, is not taken all the time.
_REST: Final = 3


def looks_within(seconds: float, look: Callable[[], Look]) -> Iterator[Look | UnseenError]:
    """The same, for so long; the first at once, and the last when the time is over."""
    end = time.monotonic() + seconds
    while True:
        began = time.monotonic()
        try:
            yield look()
        except UnseenError as error:
            yield error
        now = time.monotonic()
        if now >= end:
            return
        time.sleep(min(max(_SHORT_PAUSE, _REST * (now - began)), end - now))


def looks(first: Look, look: Callable[[], Look]) -> Iterator[Look | UnseenError]:
    """What is seen each time, or why nothing was: an API server may be in an update itself."""
    yield first
    took = 0.0
    while True:
        time.sleep(max(_PAUSE, _REST * took))
        began = time.monotonic()
        try:
            yield look()
        except UnseenError as error:
            yield error
        took = time.monotonic() - began
