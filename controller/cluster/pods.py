"""The few pods that a rollout looks at: the control plane's, and the controller's own."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Final

from controller.api.names import APP_LABEL, NAMESPACE, SERVICE_ACCOUNT
from controller.cluster.api_server import ApiServer, Json

# Without one of these on most nodes there is no cluster; kubeadm labels its static pods so.
_CONTROL_PLANE: Final = "tier=control-plane,component in (etcd,kube-apiserver)"
_CONTROLLER: Final = f"{APP_LABEL}={SERVICE_ACCOUNT}"
_MIRROR: Final = "kubernetes.io/config.mirror"


def failing_control_plane(server: ApiServer) -> Mapping[str, tuple[str, ...]]:
    """By node, the names of the API servers and etcds that are not ready."""
    failing: dict[str, list[str]] = defaultdict(list)
    for pod in _pods(server, "kube-system", _CONTROL_PLANE):
        if not _is_ready(pod):
            failing[_node(pod)].append(pod["metadata"]["name"])
    return {node: tuple(sorted(pods)) for node, pods in failing.items()}


def nodes_of_controllers(server: ApiServer) -> frozenset[str]:
    """The nodes on which a replica of the controller is ready."""
    replicas = filter(_is_replica, _pods(server, NAMESPACE, _CONTROLLER))
    return frozenset(_node(pod) for pod in replicas if _is_ready(pod))


def _is_replica(pod: Json) -> bool:
    """Whether somebody with rights in our namespace has made the pod, and no kubelet.

    A kubelet makes mirror pods in any namespace, with any labels. The API server marks them, and
    lets none have a ServiceAccount.
    """
    metadata = pod["metadata"]
    owners = {each["kind"] for each in metadata.get("ownerReferences", ())}
    mirrors = _MIRROR in metadata.get("annotations", {}) or "Node" in owners
    return not mirrors and pod["spec"].get("serviceAccountName") == SERVICE_ACCOUNT


def _pods(server: ApiServer, namespace: str, selector: str) -> Iterator[Json]:
    return server.items(f"/api/v1/namespaces/{namespace}/pods", labelSelector=selector)


def _node(pod: Json) -> str:
    return str(pod["spec"].get("nodeName", ""))


def _is_ready(pod: Json) -> bool:
    conditions = pod.get("status", {}).get("conditions") or ()
    ready = any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)
    return ready and "deletionTimestamp" not in pod["metadata"]
