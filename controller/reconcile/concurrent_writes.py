"""Writes of many nodes at the same time, since each mostly waits for the API server."""

from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Final

from controller.execution.shortage import ShortageError

# More would load the API server and save no time.
_MAX_CONCURRENT: Final = 4


class ConcurrentWrites:
    """A few threads that write while the caller waits."""

    def __init__(self) -> None:
        self._threads = _threads()

    def __call__(self, writes: Iterable[Callable[[], object]]) -> None:
        """Call all of `writes`; raise the first error once all that were started have ended."""
        started: list[Future[object]] = []
        try:
            started.extend(map(self._threads.submit, writes))
        except RuntimeError as error:
            # A queued write would run with the next thread, when it is out of date.
            self._threads.shutdown(cancel_futures=True)
            self._threads = _threads()
            raise ShortageError.of_threads() from error
        finally:
            # Waiting for a cancelled write would never end.
            wait([each for each in started if not each.cancelled()])
        for each in started:
            each.result()


def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_MAX_CONCURRENT, thread_name_prefix="write")
