"""Which pods of a node cannot be evicted now, and which PodDisruptionBudget says so.

Asked of the API server by a dry-run eviction of each pod; nothing is evicted.
"""

from collections.abc import Iterator

from kubernetes.client.exceptions import ApiException

from controller.api.machine_config_node import Blocker
from controller.api.names import APP_LABEL, SERVICE_ACCOUNT
from controller.cluster.api_server import (
    TOO_MANY_REQUESTS,
    ApiServer,
    Json,
    details,
)

_MIRROR = "kubernetes.io/config.mirror"
_ENDED = {"Succeeded", "Failed"}


def blockers(server: ApiServer, node: str) -> tuple[Blocker, ...]:
    """What keeps the node from being drained."""
    found = server.get("/api/v1/pods", fieldSelector=f"spec.nodeName={node}")["items"]
    return tuple(blocker for pod in found if _drainable(pod) for blocker in _of(server, pod))


def _drainable(pod: Json) -> bool:
    metadata = pod["metadata"]
    if metadata.get("labels", {}).get(APP_LABEL) == SERVICE_ACCOUNT:
        return False  # the drain leaves the controller alone
    kinds = {owner["kind"] for owner in metadata.get("ownerReferences", ())}
    return (
        "DaemonSet" not in kinds
        and _MIRROR not in metadata.get("annotations", {})
        and pod.get("status", {}).get("phase") not in _ENDED
    )


def _of(server: ApiServer, pod: Json) -> Iterator[Blocker]:
    namespace, name = pod["metadata"]["namespace"], pod["metadata"]["name"]
    eviction = {
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": {"name": name, "namespace": namespace},
    }
    path = f"/api/v1/namespaces/{namespace}/pods/{name}/eviction"
    try:
        server.create(path, eviction, dryRun="All")
    except ApiException as error:
        if error.status == TOO_MANY_REQUESTS:
            yield _blocker(namespace, name, details(error))


def _blocker(namespace: str, name: str, status: Json) -> Blocker:
    causes = status.get("details", {}).get("causes", ())
    message = next((each["message"] for each in causes if each.get("message")), "")
    budget = next((_budget(each["message"]) for each in causes if each.get("message")), "")
    return Blocker(
        pod=f"{namespace}/{name}",
        pod_disruption_budget=f"{namespace}/{budget}" if budget else "",
        message=(message or status.get("message", ""))[:1024],
    )


def _budget(message: str) -> str:
    """The budget's name, which the server puts second: `The disruption budget NAME needs …`."""
    words = message.split()
    return words[3] if words[:3] == ["The", "disruption", "budget"] else ""
