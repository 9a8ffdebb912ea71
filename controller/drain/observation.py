"""The objects of the cluster that a drain depends on, read by any means to reach the API server."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Final

from controller.api.drain import DrainSettings
from controller.api.json_object import Json
from controller.kubectl_proxy import ApiError
from controller.planning.drain.forecast import DrainForecast, forecast_drain
from controller.planning.drain.other_node import OtherNode
from controller.planning.drain.pod import Pod
from controller.planning.drain.pod_decisions import DrainContext, PodStep, decide_pods
from controller.planning.drain.pod_disruption_budget import PodDisruptionBudget

# Returns the object at a path, with a query; None if there is none.
Get = Callable[[str, Mapping[str, str]], Json | None]

_NODES: Final = "/api/v1/nodes"
# Nodes of one request; mostly the first ones could take every pod.
_PAGE: Final = "50"
# How long the API server has not heard of a kubelet that counts as silent.
_SILENCE: Final = timedelta(minutes=1)


def pods_on(get: Get, node: str) -> tuple[Pod, ...]:
    """Return the pods of a node.

    Raises:
        ApiError: they cannot be listed.
    """
    return tuple(map(Pod.of, _list(get, "/api/v1/pods", fieldSelector=f"spec.nodeName={node}")))


def drain_context(
    get: Get, node: str, pods: Iterable[Pod], settings: DrainSettings
) -> DrainContext:
    """Return the objects besides the pods of a node that decide what happens to them."""
    pods = tuple(pods)
    namespaces = {pod.namespace for pod in pods} if settings.uses_namespace_labels else set[str]()
    daemon_sets = {pod.daemon_set for pod in pods if pod.daemon_set}
    return DrainContext(
        {each: _labels(get(f"/api/v1/namespaces/{each}", {})) for each in sorted(namespaces)},
        frozenset(each for each in daemon_sets if get(_daemon_set(*each), {})),
        others=_other_nodes(get, node, pods) if settings.keeps_stranded_pods else None,
    )


def budgets_around(get: Get, pods: Iterable[Pod]) -> tuple[PodDisruptionBudget, ...]:
    """Return the PodDisruptionBudgets in the namespaces of the pods.

    Raises:
        ApiError: they cannot be listed.
    """
    namespaces = sorted({pod.namespace for pod in pods})
    path = "/apis/policy/v1/namespaces/{}/poddisruptionbudgets"
    found = (each for name in namespaces for each in _list(get, path.format(name)))
    return tuple(map(PodDisruptionBudget.of, found))


def forecast(get: Get, node: str, settings: DrainSettings, now: datetime) -> DrainForecast:
    """Return what a drain of the node would evict and wait for if it began now."""
    pods = pods_on(get, node)
    context = replace(
        drain_context(get, node, pods, settings),
        silent=is_silent(get(f"/api/v1/nodes/{node}", {}) or {}, now),
    )
    decisions = decide_pods(pods, context, settings, now)
    evicted = [each.pod for each in decisions if each.step is PodStep.EVICT]
    budgets = budgets_around(get, evicted)
    return forecast_drain(decisions, budgets, settings, silent=context.silent)


def is_silent(node: Json, now: datetime) -> bool:
    """Whether the API server has not heard of the kubelet for so long that nothing waits for it."""
    conditions = (node.get("status") or {}).get("conditions") or ()
    ready: Json = next((each for each in conditions if each.get("type") == "Ready"), {})
    since = ready.get("lastTransitionTime")
    if ready.get("status") != "Unknown" or not since:
        return False
    return now - datetime.fromisoformat(since) >= _SILENCE


def _other_nodes(get: Get, node: str, pods: Iterable[Pod]) -> tuple[OtherNode, ...] | None:
    """Return other nodes until each pod could go to one; None where nodes may not be listed."""
    found: list[OtherNode] = []
    homeless = list(pods)
    following: str | None = ""
    while homeless and following is not None:
        query = {"limit": _PAGE, **({"continue": following} if following else {})}
        try:
            page = get(_NODES, query)
        except ApiError as error:
            if error.code == HTTPStatus.FORBIDDEN:
                return None
            raise
        others = map(OtherNode.of, _items(page, _NODES))
        found += [each for each in others if each.name != node]
        homeless = [pod for pod in homeless if not any(each.takes(pod) for each in found)]
        following = (page or {}).get("metadata", {}).get("continue") or None
    return tuple(found)


def _daemon_set(namespace: str, name: str) -> str:
    return f"/apis/apps/v1/namespaces/{namespace}/daemonsets/{name}"


def _labels(namespace: Json | None) -> Mapping[str, str]:
    return (namespace or {}).get("metadata", {}).get("labels") or {}


def _list(get: Get, path: str, **query: str) -> Sequence[Json]:
    return _items(get(path, query), path)


def _items(found: Json | None, path: str) -> Sequence[Json]:
    """Return the items of a list; one that is missing is not taken for an empty one."""
    if found is None or "items" not in found:
        raise ApiError(f"the answer to {path} is not a list")
    return found["items"] or ()
