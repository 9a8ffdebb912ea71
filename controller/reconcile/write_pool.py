"""Writes of many nodes at once: the time of each is spent waiting for the API server."""

from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Final

from controller.execution.shortage import ShortageError

# More would press the API server and save no time.
_AT_ONCE: Final = 4


class WritePool:
    """A few threads that write; whoever asks waits until all is written."""

    def __init__(self) -> None:
        """No thread is started before there is something to write."""
        self._threads = _threads()

    def __call__(self, writes: Iterable[Callable[[], object]]) -> None:
        """Call each of them; the first error is raised once all that were begun have ended."""
        begun: list[Future[object]] = []
        try:
            begun.extend(map(self._threads.submit, writes))
        except RuntimeError as error:
            # What was queued last would come with the next thread, when it is not so any more.
            self._threads.shutdown(cancel_futures=True)
            self._threads = _threads()
            raise ShortageError.of_threads() from error
        finally:
            # Nothing tells those who wait for it that a write was cancelled.
            wait([each for each in begun if not each.cancelled()])
        for each in begun:
            each.result()


def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="write")
