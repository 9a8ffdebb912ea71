"""The usual pods on the nodes of a real cluster, which make drains hard.

Every node has three pods, each with an emptyDir: one of a DaemonSet, one of an application that
runs on every node, and one without a controller.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

Json = dict[str, Any]

NAMESPACE = "foreign"
_PODS_OF_A_NODE = 3
_EVERY_TAINT = {"operator": "Exists"}
_CONTROL_PLANE = {"key": "node-role.kubernetes.io/control-plane", "operator": "Exists"}
_ONE_A_NODE = {
    "podAntiAffinity": {
        "requiredDuringSchedulingIgnoredDuringExecution": [
            {
                "topologyKey": "kubernetes.io/hostname",
                "labelSelector": {"matchLabels": {"app": "application"}},
            }
        ]
    }
}


def manifest(nodes: Sequence[str]) -> Json:
    """Return all of them for these nodes, as one object for kubectl."""
    agent = _workload("agent", tolerations=[_EVERY_TAINT])
    application = {
        "replicas": len(nodes),
        **_workload("application", tolerations=[_CONTROL_PLANE], affinity=_ONE_A_NODE),
    }
    items = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}},
        _object("v1", "ServiceAccount", NAMESPACE),
        _object("apps/v1", "DaemonSet", "agent", spec=agent),
        _object("apps/v1", "Deployment", "application", spec=application),
        *(_object("v1", "Pod", f"bare-{node}", spec=_pod(nodeName=node)) for node in nodes),
    ]
    return {"apiVersion": "v1", "kind": "List", "items": items}


def all_run(pods: Json, nodes: Sequence[str]) -> bool:
    """Return whether all pods run on each of the nodes, and are not being deleted."""
    running = Counter(
        each["spec"].get("nodeName")
        for each in pods["items"]
        if each["status"]["phase"] == "Running" and "deletionTimestamp" not in each["metadata"]
    )
    return all(running[node] == _PODS_OF_A_NODE for node in nodes)


def _object(version: str, kind: str, name: str, **content: Json) -> Json:
    metadata = {"name": name, "namespace": NAMESPACE}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **content}


def _workload(name: str, **placement: object) -> Json:
    labels = {"app": name}
    template = {"metadata": {"labels": labels}, "spec": _pod(**placement)}
    return {"selector": {"matchLabels": labels}, "template": template}


def _pod(**placement: object) -> Json:
    mount = {"name": "scratch", "mountPath": "/scratch"}
    image = "registry.example.com/foreign:1"
    return {
        "serviceAccountName": NAMESPACE,
        "automountServiceAccountToken": False,
        "terminationGracePeriodSeconds": 1,
        "containers": [{"name": "main", "image": image, "volumeMounts": [mount]}],
        "volumes": [{"name": "scratch", "emptyDir": {}}],
        **placement,
    }
