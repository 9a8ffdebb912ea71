"""A cluster with simulated machines, on the API server that all tests share."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final

import pytest
from kubernetes.client.exceptions import ApiException

from controller.api.names import LEASE, NAMESPACE
from controller.cluster.api_server import ApiServer
from controller.cluster.defaults import create_missing
from tests import conftest
from tests.integration.cluster import Cluster

_LEASES: Final = f"/apis/coordination.k8s.io/v1/namespaces/{NAMESPACE}/leases"
_KINDS = "machineconfigpools,machineconfigs,machineconfigurations,machineconfignodes,nodes"


@pytest.fixture
def cluster(request: pytest.FixtureRequest, api_server: conftest.ApiServer) -> Iterator[Cluster]:
    kubeconfig = api_server.install()
    api_server.kubectl("delete", "--all", _KINDS)
    administrator = ApiServer(api_server.kubeconfig)
    # One request; kubectl makes one per object.
    administrator.delete("/api/v1/namespaces/default/events", None)
    create_missing(administrator)
    yield Cluster(administrator, kubeconfig, getattr(request, "param", ("w-1", "w-2")))
    api_server.kubectl("delete", "--all", _KINDS)


@pytest.fixture
def led(api_server: conftest.ApiServer) -> Iterator[ApiServer]:
    """A cluster with a leader according to its Lease, with the administrator's access."""
    administrator = ApiServer(api_server.kubeconfig)
    with suppress(ApiException):  # another test has created it
        namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}
        administrator.create("/api/v1/namespaces", namespace)
    with suppress(ApiException):
        administrator.delete(f"{_LEASES}/{LEASE}", None)
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    spec = {"holderIdentity": "a controller", "renewTime": now, "leaseDurationSeconds": 3600}
    lease = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": LEASE}}
    administrator.create(_LEASES, {**lease, "spec": spec})
    yield administrator
    with suppress(ApiException):
        administrator.delete(f"{_LEASES}/{LEASE}", None)
