"""A node with pods on a real API server, where each test sets the status of its pods."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from kubernetes.client.exceptions import ApiException

from controller.api.drain import DrainSettings
from controller.api.json_object import Json
from controller.cluster.api_server import ApiServer
from controller.drain.attempt import Attempt, Outcome
from controller.kubectl_proxy import kubectl_proxy
from tests import conftest

NODE: Final = "drained"
# Pods could go there.
OTHER: Final = "other"
SHOP: Final = "shop"
OFFICE: Final = "office"
_ADMISSION: Final = "/apis/admissionregistration.k8s.io/v1"
_NEVER: Final = {
    "matchConstraints": {
        "resourceRules": [
            {
                "apiGroups": [""],
                "apiVersions": ["v1"],
                "operations": ["CREATE"],
                "resources": ["pods/eviction"],
            }
        ]
    }
}
_TIMEOUT: Final = 30.0


class Node:
    """A cordoned node without a kubelet, so that a pod with a grace period stays as it is."""

    def __init__(self, server: conftest.ApiServer) -> None:
        """Create the Node, and namespaces for pods."""
        self._kubectl = server.kubectl
        self._administrator = ApiServer(server.kubeconfig)
        self._make("/api/v1/nodes", NODE, spec={"unschedulable": True})
        self._make("/api/v1/nodes", OTHER)
        for name in (SHOP, OFFICE):
            path = "/api/v1/namespaces"
            if not self._there(f"{path}/{name}"):
                labels = {"kubernetes.io/metadata.name": name}
                self._make(path, name, metadata={"labels": labels})
                self._make(f"{path}/{name}/serviceaccounts", "default")

    def clear(self) -> None:
        """Delete everything except the namespaces, which no controller here could finalize."""
        for namespace in (SHOP, OFFICE):
            for pod in self._administrator.get(_pods(namespace))["items"]:
                name = pod["metadata"]["name"]
                self.change(name, namespace=namespace, metadata={"finalizers": None})
                self.delete(name, 0, namespace=namespace)
        budgets = f"/apis/policy/v1/namespaces/{SHOP}/poddisruptionbudgets"
        for budget in self._administrator.get(budgets)["items"]:
            self.delete_budget(budget["metadata"]["name"])
        self._administrator.delete(f"/api/v1/nodes/{NODE}", None)
        self.be_alone()

    def be_alone(self) -> None:
        """Delete the other node, if it is there."""
        if self._there(f"/api/v1/nodes/{OTHER}"):
            self._administrator.delete(f"/api/v1/nodes/{OTHER}", None)

    def taint_other(self, key: str) -> None:
        """Keep pods away from the other node."""
        taints = [{"key": key, "effect": "NoSchedule"}]
        self._administrator.patch(f"/api/v1/nodes/{OTHER}", {"spec": {"taints": taints}})

    def uncordon(self) -> None:
        """Uncordon the node like an administrator."""
        self._administrator.patch(f"/api/v1/nodes/{NODE}", {"spec": {"unschedulable": None}})

    def pod(
        self,
        name: str,
        *,
        namespace: str = SHOP,
        ready: bool = True,
        phase: str = "Running",
        metadata: Json | None = None,
        **spec: Any,  # noqa: ANN401 - any member
    ) -> None:
        """Create a pod on the node; it belongs to a ReplicaSet unless `metadata` differ."""
        owner = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web", "uid": "1"}
        ordinary = {"labels": {"app": name}, "ownerReferences": [{**owner, "controller": True}]}
        self._make(
            _pods(namespace),
            name,
            metadata={**ordinary, **(metadata or {})},
            spec={
                "nodeName": NODE,
                "terminationGracePeriodSeconds": 0,
                "containers": [{"name": "web", "image": "registry.example.com/web:1"}],
                **spec,
            },
        )
        conditions = [{"type": "Ready", "status": str(ready)}]
        status = {"phase": phase, "conditions": conditions}
        self.change(name, "/status", namespace=namespace, status=status)

    def change(self, pod: str, part: str = "", *, namespace: str = SHOP, **fields: Json) -> None:
        """Patch a pod, or its subresource."""
        self._administrator.patch(f"{_pods(namespace)}/{pod}{part}", fields)

    def delete(self, pod: str, seconds: int = -1, *, namespace: str = SHOP) -> None:
        """Delete a pod, which stays for its grace period unless `seconds` are given."""
        words = (f"--grace-period={seconds}", *(["--force"] if seconds == 0 else []))
        self._kubectl("delete", "pod", f"--namespace={namespace}", pod, "--wait=false", *words)

    def pods(self) -> set[str]:
        """Return the names of the pods that are not being deleted."""
        found = [
            each["metadata"]
            for namespace in (SHOP, OFFICE)
            for each in self._administrator.get(_pods(namespace))["items"]
        ]
        return {each["name"] for each in found if "deletionTimestamp" not in each}

    def budget(self, name: str, app: str, **status: int) -> None:
        """Protect the pods of an app with a PodDisruptionBudget."""
        spec = {"minAvailable": 1, "selector": {"matchLabels": {"app": app}}}
        self._make(f"/apis/policy/v1/namespaces/{SHOP}/poddisruptionbudgets", name, spec=spec)
        self.allow(name, **status)

    def allow(self, name: str, **counts: int) -> None:
        """Set the counts of a budget; no controller does it here."""
        ordinary = {"currentHealthy": 1, "desiredHealthy": 1, "expectedPods": 1}
        generation = self._administrator.get(_budget(name))["metadata"]["generation"]
        status = {**ordinary, "disruptionsAllowed": 0, **counts, "observedGeneration": generation}
        self._administrator.patch(f"{_budget(name)}/status", {"status": status})

    def change_budget(self, name: str, **spec: str) -> None:
        """Patch a budget; its counts stay as they are."""
        generation = self._administrator.patch(_budget(name), {"spec": spec})["metadata"]
        status = {"observedGeneration": generation["generation"]}
        self._administrator.patch(f"{_budget(name)}/status", {"status": status})

    def delete_budget(self, name: str) -> None:
        """Delete a budget."""
        self._administrator.delete(_budget(name), None)

    def refuse_evictions(self, message: str) -> None:
        """Make admission refuse every eviction with this message."""
        spec = {**_NEVER, "validations": [{"expression": "false", "message": message}]}
        self._make(f"{_ADMISSION}/validatingadmissionpolicies", "refuse", spec=spec)
        binding = {"policyName": "refuse", "validationActions": ["Deny"]}
        self._make(f"{_ADMISSION}/validatingadmissionpolicybindings", "refuse", spec=binding)
        eventually(lambda: self.refuses("web"))

    def admit_evictions(self) -> None:
        """Stop refusing evictions."""
        for kind in ("policybindings", "policies"):
            self._administrator.delete(f"{_ADMISSION}/validatingadmission{kind}/refuse", None)
        eventually(lambda: not self.refuses("web"))

    @contextmanager
    def silent_webhook(self) -> Iterator[None]:
        """Make evictions in the shop wait for a webhook that never responds."""
        kind = f"{_ADMISSION}/validatingwebhookconfigurations"
        with socket.create_server(("127.0.0.1", 0)) as listener:
            webhook = {
                "name": "silent.example.com",
                "admissionReviewVersions": ["v1"],
                "sideEffects": "None",
                "timeoutSeconds": 3,
                "clientConfig": {"url": f"https://127.0.0.1:{listener.getsockname()[1]}/"},
                "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": SHOP}},
                "rules": _NEVER["matchConstraints"]["resourceRules"],
            }
            body = {"metadata": {"name": "silent"}, "webhooks": [webhook]}
            self._administrator.create(kind, body)
            eventually(lambda: self.refuses("web"))
            yield
        self._administrator.delete(f"{kind}/silent", None)
        eventually(lambda: not self.refuses("web"))

    def refuses(self, pod: str) -> bool:
        """Return whether the API server would refuse to evict the pod."""
        eviction = {"metadata": {"name": pod, "namespace": SHOP}}
        try:
            self._administrator.create(f"{_pods(SHOP)}/{pod}/eviction", eviction, dryRun="All")
        except ApiException:
            return True
        return False

    def drain(self, seconds: float = 5, **settings: Any) -> Outcome:  # noqa: ANN401 - any setting
        """Drain it once."""
        with kubectl_proxy(2) as api:
            return Attempt(api, NODE, DrainSettings.model_validate(settings), seconds).run()

    def preview(self, **settings: Any) -> Outcome:  # noqa: ANN401 - any setting
        """Return what a drain would do."""
        with kubectl_proxy(2) as api:
            return Attempt(api, NODE, DrainSettings.model_validate(settings), 5).forecast()

    def _make(self, path: str, name: str, *, metadata: Json | None = None, **body: Json) -> None:
        self._administrator.create(path, {"metadata": {**(metadata or {}), "name": name}, **body})

    def _there(self, path: str) -> bool:
        try:
            return bool(self._administrator.get(path))
        except ApiException:
            return False


def eventually(holds: Callable[[], bool]) -> None:
    """Wait for something that the API server does by itself."""
    end = time.monotonic() + _TIMEOUT
    while not holds():
        assert time.monotonic() < end, "the API server has not come to it"
        time.sleep(0.1)


def _pods(namespace: str) -> str:
    return f"/api/v1/namespaces/{namespace}/pods"


def _budget(name: str) -> str:
    return f"/apis/policy/v1/namespaces/{SHOP}/poddisruptionbudgets/{name}"
