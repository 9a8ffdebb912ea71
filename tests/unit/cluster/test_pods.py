"""Recognition of the controller's replicas among pods that kubelets create."""

from collections.abc import Iterator

import pytest

from controller.api.json_object import Json
from controller.api.names import SERVICE_ACCOUNT
from controller.cluster.api_server import ApiServer
from controller.cluster.observation.listing import Listing
from controller.cluster.observation.pods import controller_nodes

READY = {"conditions": [{"type": "Ready", "status": "True"}]}
OURS = {"nodeName": "w-1", "serviceAccountName": SERVICE_ACCOUNT}


class Pods(ApiServer):
    """An API server with one pod that has the controller's label."""

    def __init__(self, pod: Json) -> None:
        self._pod = pod

    def items(self, path: str, page: int = 1, **selection: str) -> Iterator[Json]:
        del path, page, selection
        yield self._pod


@pytest.mark.parametrize(
    ("metadata", "spec", "status", "is_replica"),
    [
        pytest.param({}, OURS, READY, True, id="a replica"),
        pytest.param({"ownerReferences": [{"kind": "ReplicaSet"}]}, OURS, READY, True, id="owned"),
        pytest.param({}, OURS, {}, False, id="one that is not ready"),
        pytest.param(
            {"deletionTimestamp": "now"}, OURS, READY, False, id="one that is terminating"
        ),
        pytest.param({}, {"nodeName": "w-1"}, READY, False, id="without a ServiceAccount"),
        pytest.param(
            {}, {**OURS, "serviceAccountName": "default"}, READY, False, id="with another one"
        ),
        pytest.param(
            {"annotations": {"kubernetes.io/config.mirror": "x"}}, OURS, READY, False, id="a mirror"
        ),
        pytest.param(
            {"ownerReferences": [{"kind": "Node"}]}, OURS, READY, False, id="owned by its Node"
        ),
    ],
)
def test_a_mirror_pod_of_a_kubelet_is_not_a_replica(
    metadata: Json, spec: Json, status: Json, *, is_replica: bool
) -> None:
    server = Pods({"metadata": metadata, "spec": spec, "status": status})

    assert controller_nodes(Listing(server)) == ({"w-1"} if is_replica else set())
