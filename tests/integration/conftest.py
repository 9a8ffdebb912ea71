"""A cluster whose machines are simulated, on the one API server that all tests share."""

from collections.abc import Iterator

import pytest

from controller.cluster.api_server import ApiServer
from controller.cluster.defaults import make_missing
from tests import conftest
from tests.integration.cluster import Cluster

_KINDS = "machineconfigpools,machineconfigs,machineconfigurations,machineconfignodes,nodes"


@pytest.fixture
def cluster(request: pytest.FixtureRequest, api_server: conftest.ApiServer) -> Iterator[Cluster]:
    kubeconfig = api_server.install()
    api_server.kubectl("delete", "--all", _KINDS)
    administrator = ApiServer(api_server.kubeconfig)
    # All in one request, where kubectl takes one for each.
    administrator.delete("/api/v1/namespaces/default/events", None)
    make_missing(administrator)
    yield Cluster(administrator, kubeconfig, getattr(request, "param", ("w-1", "w-2")))
    api_server.kubectl("delete", "--all", _KINDS)
