"""The few pods that a rollout depends on: the control plane's, and the controller's own."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Final

from controller.api.json_object import Json
from controller.api.names import APP_LABEL, NAMESPACE, SERVICE_ACCOUNT
from controller.cluster.observation.listing import Listing
from controller.planning.control_plane_facts import StaticPod, digest_of_start

# No cluster works without these on most control plane nodes; kubeadm labels its static pods so.
_COMPONENT: Final = "component"
_CONTROL_PLANE: Final = f"tier=control-plane,{_COMPONENT} in (etcd,kube-apiserver)"
_CONTROLLER: Final = f"{APP_LABEL}={SERVICE_ACCOUNT}"
_MIRROR: Final = "kubernetes.io/config.mirror"


def control_plane_pods(listing: Listing) -> Mapping[str, tuple[StaticPod, ...]]:
    """Return by node the pods of the API server and etcd."""
    pods: dict[str, list[StaticPod]] = defaultdict(list)
    for pod in _pods(listing, "kube-system", _CONTROL_PLANE):
        metadata = pod["metadata"]
        component = metadata.get("labels", {}).get(_COMPONENT, "")
        found = StaticPod(metadata["name"], component, _is_ready(pod), digest_of_start(_start(pod)))
        pods[_node(pod)].append(found)
    return {node: tuple(found) for node, found in pods.items()}


def controller_nodes(listing: Listing) -> frozenset[str]:
    """Return the nodes on which a replica of the controller is ready."""
    replicas = filter(_is_replica, _pods(listing, NAMESPACE, _CONTROLLER))
    return frozenset(_node(pod) for pod in replicas if _is_ready(pod))


def _start(pod: Json) -> Iterator[str]:
    """Yield what differs after each start of the containers, without a comparison of clocks."""
    yield pod["metadata"].get("uid", "")
    for container in pod.get("status", {}).get("containerStatuses") or ():
        yield container.get("containerID", "")
        yield (container.get("state", {}).get("running") or {}).get("startedAt", "")


def _is_replica(pod: Json) -> bool:
    """Whether the pod was created through the API server, and not by a kubelet.

    A kubelet creates mirror pods in any namespace, with any labels. The API server marks them, and
    allows them no ServiceAccount.
    """
    metadata = pod["metadata"]
    owners = {each["kind"] for each in metadata.get("ownerReferences", ())}
    mirrors = _MIRROR in metadata.get("annotations", {}) or "Node" in owners
    return not mirrors and pod["spec"].get("serviceAccountName") == SERVICE_ACCOUNT


def _pods(listing: Listing, namespace: str, selector: str) -> Iterator[Json]:
    return listing.items(f"/api/v1/namespaces/{namespace}/pods", labelSelector=selector)


def _node(pod: Json) -> str:
    return str(pod["spec"].get("nodeName", ""))


def _is_ready(pod: Json) -> bool:
    conditions = pod.get("status", {}).get("conditions") or ()
    ready = any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)
    return ready and "deletionTimestamp" not in pod["metadata"]
