"""A pass sees one kind of error, whatever the API server's client raises."""

from collections.abc import Iterator

import pytest
import urllib3.exceptions
from kubernetes.client.exceptions import ApiException

from controller.api.event import Event
from controller.api.json_object import Json
from controller.api.machine_config_pool import PoolConfiguration
from controller.cluster.api_server import ApiServer, UnreadableError
from controller.cluster.errors import ClusterError
from controller.cluster.live_cluster import LiveCluster
from tests.unit.rendering.build import pool

FORBIDDEN = ApiException(status=403, reason="pools are forbidden")


class Failing(ApiServer):
    """An API server that answers every request with an error."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def items(self, path: str, page: int = 1, **selection: str) -> Iterator[Json]:
        del path, page, selection
        raise self._error

    def patch(self, path: str, body: Json) -> Json:
        del path, body
        raise self._error

    def create(self, path: str, body: Json, **query: str) -> Json:
        del path, body, query
        raise self._error


@pytest.mark.parametrize(
    "error",
    [FORBIDDEN, urllib3.exceptions.HTTPError("no route"), UnreadableError("no object")],
    ids=["refused", "not reached", "unreadable"],
)
def test_every_failure_is_a_cluster_error(error: Exception) -> None:
    cluster = LiveCluster(Failing(error))

    with pytest.raises(ClusterError):
        cluster.observe()
    with pytest.raises(ClusterError):
        cluster.write_pool_conditions("worker", [])


def test_a_failed_read_has_a_remedy_and_a_failed_write_the_servers_own_message() -> None:
    cluster = LiveCluster(Failing(FORBIDDEN))

    with pytest.raises(ClusterError) as read:
        cluster.observe()
    with pytest.raises(ClusterError) as write:
        cluster.write_target(pool(), PoolConfiguration(name="rendered-worker-0"))

    assert read.value.remedy == "grant the controller its permissions: kubectl apply -k deploy/"
    assert str(write.value) == "pools are forbidden"


def test_an_event_that_cannot_be_posted_fails_nothing() -> None:
    with LiveCluster(Failing(FORBIDDEN)) as cluster:
        cluster.emit(Event("Node", "w-1", None, "Done", "is up to date"))
        cluster.flush_events()
