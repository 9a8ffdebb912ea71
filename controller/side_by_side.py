"""Writes of many nodes at once: the time of each is spent waiting for the API server."""

from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Final

# More would press the API server and save no time.
_AT_ONCE: Final = 4


class SideBySide:
    """A few threads that write; whoever asks waits until all is written."""

    def __init__(self) -> None:
        """No thread is started before there is something to write."""
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="write")

    def __call__(self, writes: Iterable[Callable[[], object]]) -> None:
        """Call each of them; the first error is raised once all that were begun have ended."""
        begun: list[Future[object]] = []
        try:
            begun.extend(map(self._threads.submit, writes))
        finally:
            wait(begun)
        for each in begun:
            each.result()
