"""A claim of the Lease is repeated after a failure on this machine."""

import errno
import os
import threading

import pytest

from controller.api.json_object import Json
from controller.cluster.api_server import ApiServer
from controller.cluster.lease import Lease


class FailingServer(ApiServer):
    """An API server that fails a few times, and then returns a Lease without a holder."""

    def __init__(self, error: Exception, times: int) -> None:
        self._error = error
        self._times = times

    def get(self, path: str, **query: str) -> Json:
        del path, query
        self._times -= 1
        if self._times >= 0:
            raise self._error
        return {"metadata": {"resourceVersion": "1"}, "spec": {"holderIdentity": ""}}

    def replace(self, path: str, body: Json) -> Json:
        del path
        return body


@pytest.mark.parametrize(
    "error",
    [OSError(errno.EMFILE, os.strerror(errno.EMFILE)), MemoryError()],
    ids=["open files", "memory"],
)
def test_a_claim_that_failed_on_this_machine_is_repeated(error: Exception) -> None:
    won = threading.Event()

    with Lease(FailingServer(error, 2), 2, won.set) as lease:
        assert won.wait(60)
        assert lease.held()
