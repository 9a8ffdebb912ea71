"""What a drain has to know of the cluster, read through whatever reaches the API server."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from controller.api.drain import DrainSettings
from controller.api.json_object import Json
from controller.drain.kubectl_proxy import ApiError
from controller.planning.drain.forecast import DrainForecast, forecast_drain
from controller.planning.drain.pod import Pod
from controller.planning.drain.pod_decisions import DrainContext, PodStep, decide_pods
from controller.planning.drain.pod_disruption_budget import PodDisruptionBudget

# From a path and a query to the object there, None where there is none.
Look = Callable[[str, Mapping[str, str]], Json | None]


def pods_on(look: Look, node: str) -> tuple[Pod, ...]:
    """The pods of a node.

    Raises:
        ApiError: they were not listed.
    """
    return tuple(map(Pod.of, _list(look, "/api/v1/pods", fieldSelector=f"spec.nodeName={node}")))


def surroundings(look: Look, pods: Iterable[Pod], settings: DrainSettings) -> DrainContext:
    """What the pods of a node are judged by besides themselves."""
    pods = tuple(pods)
    namespaces = {pod.namespace for pod in pods} if settings.uses_namespace_labels else set[str]()
    daemon_sets = {pod.daemon_set for pod in pods if pod.daemon_set}
    return DrainContext(
        {each: _labels(look(f"/api/v1/namespaces/{each}", {})) for each in sorted(namespaces)},
        frozenset(each for each in daemon_sets if look(_daemon_set(*each), {})),
    )


def budgets_around(look: Look, pods: Iterable[Pod]) -> tuple[PodDisruptionBudget, ...]:
    """The PodDisruptionBudgets of the pods' namespaces.

    Raises:
        ApiError: they were not listed.
    """
    namespaces = sorted({pod.namespace for pod in pods})
    path = "/apis/policy/v1/namespaces/{}/poddisruptionbudgets"
    found = (each for name in namespaces for each in _list(look, path.format(name)))
    return tuple(map(PodDisruptionBudget.of, found))


def forecast(look: Look, node: str, settings: DrainSettings, now: datetime) -> DrainForecast:
    """What a drain of the node would do and wait for if it began now."""
    pods = pods_on(look, node)
    judged = decide_pods(pods, surroundings(look, pods, settings), settings, now)
    going = [each.pod for each in judged if each.step is PodStep.EVICT]
    return forecast_drain(judged, budgets_around(look, going), settings)


def _daemon_set(namespace: str, name: str) -> str:
    return f"/apis/apps/v1/namespaces/{namespace}/daemonsets/{name}"


def _labels(namespace: Json | None) -> Mapping[str, str]:
    return (namespace or {}).get("metadata", {}).get("labels") or {}


def _list(look: Look, path: str, **query: str) -> Sequence[Json]:
    """The items of a list, which may be empty but not missing: then nobody knows what there is."""
    found = look(path, query)
    if found is None or "items" not in found:
        raise ApiError(f"the answer to {path} is no list")
    return found["items"] or ()
