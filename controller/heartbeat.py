"""The wait for a node's kubelet: its Lease was renewed, and the Node is Ready.

A machine can reboot faster than its Lease expires, and then never becomes NotReady. So the proof is
a renewal after the new boot was seen; no clocks are compared.
"""

import time
from collections.abc import Callable, Mapping
from typing import Final

from controller.api.json_object import Json
from controller.kubectl_proxy import ApiError

# Returns the object at a path, with a query; None if there is none.
Get = Callable[[str, Mapping[str, str]], Json | None]

_INTERVAL: Final = 1  # seconds between two observations


class KubeletError(Exception):
    """The API server answers, and the node's kubelet is not back in time."""


def await_kubelet(get: Get, node: str, renewed_before: str, seconds: float) -> None:
    """Wait until the kubelet has renewed its Lease since `renewed_before`, and the Node is Ready.

    Time in which the API server does not answer is not counted against the node.

    Raises:
        KubeletError: the API server has answered for `seconds`, and the kubelet is not back.
        ApiError: the API server has not answered for long enough to know that.
    """
    begun = answers_since = time.monotonic()
    while True:
        missing, error = "", None
        try:
            missing = what_is_missing(get, node, renewed_before)
        except ApiError as failure:
            error = failure
        now = time.monotonic()
        if error:
            answers_since = now
        elif not missing:
            return
        if now - answers_since >= seconds:
            raise KubeletError(missing)
        if now - begun >= 2 * seconds:
            raise error or ApiError("the API server answers only at times")
        time.sleep(_INTERVAL)


def what_is_missing(get: Get, node: str, renewed_before: str) -> str:
    """Return what the node lacks at this moment; empty once its kubelet is back.

    Raises:
        ApiError: the API server does not answer.
    """
    lease = get(f"/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/{node}", {})
    renewed = ((lease or {}).get("spec") or {}).get("renewTime") or ""
    if not renewed:
        return "its kubelet has no Lease in kube-node-lease"
    if renewed == renewed_before:
        return f"its kubelet has not renewed its Lease since {renewed}"
    found = get(f"/api/v1/nodes/{node}", {})
    if found is None:
        return "its Node does not exist"
    ready = _ready(found)
    if ready.get("status") == "True":
        return ""
    reported = ": ".join(str(ready[key]) for key in ("reason", "message") if ready.get(key))
    return f"its kubelet runs, and the Node is not Ready: {reported or 'no reason is given'}"


def _ready(node: Json) -> Json:
    conditions = (node.get("status") or {}).get("conditions") or ()
    return next((each for each in conditions if each.get("type") == "Ready"), {})
