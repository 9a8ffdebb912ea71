"""Looking again and again."""

import time
from collections.abc import Callable, Iterator
from typing import Final, TypeVar

from controller.cli.kubectl_mc.ending import UnseenError

Look = TypeVar("Look")

_PAUSE: Final = 2  # seconds
# A look that takes long, as at thousands of nodes, is not taken all the time.
_REST: Final = 3


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
