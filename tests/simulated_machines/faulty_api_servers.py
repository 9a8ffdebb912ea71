"""A real API server behind a faulty connection, or for a process that dies."""

import random
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kubernetes.client.exceptions import ApiException

from controller.api.json_object import Json
from controller.cluster.api_server import ApiServer, UnansweredError


class CountingServer(ApiServer):
    """An API server that counts requests and the time spent on waiting for them."""

    def __init__(self, kubeconfig: Path) -> None:
        super().__init__(kubeconfig)
        self.reads = 0
        self.writes = 0
        self.seconds_waited = 0.0
        self._lock = threading.Lock()

    def _request(self, method: str, path: str, **rest: Any) -> Json:  # noqa: ANN401 - as given
        began, busy = time.perf_counter(), time.thread_time()
        try:
            return super()._request(method, path, **rest)
        finally:
            waited = time.perf_counter() - began - (time.thread_time() - busy)
            with self._lock:
                self.seconds_waited += waited
                self.writes += method != "GET"
                self.reads += method == "GET"


class DiedError(BaseException):
    """The process ends here."""


class DyingServer(ApiServer):
    """The API server of a process that dies at one of its writes."""

    def __init__(self, kubeconfig: Path, dies_at: int, *, written: bool) -> None:
        """Die at the write numbered `dies_at`, before it is sent or when it is `written`."""
        super().__init__(kubeconfig)
        self._left = dies_at
        self._written = written

    def _request(self, method: str, path: str, **rest: Any) -> Json:  # noqa: ANN401 - as given
        last = False
        if method != "GET":
            self._left -= 1
            last = self._left == 0
        if last and not self._written:
            raise DiedError
        answer = super()._request(method, path, **rest)
        if last:
            raise DiedError
        return answer


class RefusingServer(ApiServer):
    """An API server that refuses writes of some objects."""

    def __init__(self, kubeconfig: Path, *about: str) -> None:
        """Refuse writes to paths that end in any of `about`."""
        super().__init__(kubeconfig)
        self.about = about

    def _request(self, method: str, path: str, **rest: Any) -> Json:  # noqa: ANN401 - as given
        if method != "GET" and path.removesuffix("/status").endswith(self.about):
            raise ApiException(status=500, reason="a webhook does not answer")
        return super()._request(method, path, **rest)


class FailingServer(ApiServer):
    """An API server that fails randomly: it does not respond, is busy, or has a conflict."""

    def __init__(self, kubeconfig: Path, chance: float, seed: int) -> None:
        """Fail with this chance, in the same way for each seed."""
        super().__init__(kubeconfig)
        self.chance = chance
        self._random = random.Random(seed)  # noqa: S311 - a test that can be repeated

    def _request(self, method: str, path: str, **rest: Any) -> Json:  # noqa: ANN401 - as given
        if self._random.random() < self.chance:
            self._fail(method, path)
        answer = super()._request(method, path, **rest)
        if self._random.random() < self.chance:
            raise UnansweredError("the answer was lost")
        return answer

    def _fail(self, method: str, path: str) -> None:
        statuses: Sequence[int] = (0, 410, 429, 500) if method == "GET" else (0, 409, 429, 500)
        status = self._random.choice(statuses)
        if not status:
            raise UnansweredError("no answer")
        raise ApiException(status=status, reason=f"{method} {path} failed")
