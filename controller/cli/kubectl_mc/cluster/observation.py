"""The cluster as the planner sees it, read with the caller's permissions.

Missing permissions for pods or the Lease produce warnings, not errors.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from controller.api import names
from controller.api.drain import DrainSettings
from controller.api.json_object import Json
from controller.cli.kubectl_mc.cluster.api_errors import WRITTEN, explain_read_errors, is_forbidden
from controller.cli.kubectl_mc.cluster.leadership import Leadership
from controller.cli.kubectl_mc.terminal.console import Line
from controller.cluster.api_server import NOT_FOUND, PAGE, ApiServer, RequestErrors, reason
from controller.cluster.observation import observe
from controller.drain.kubectl_proxy import ApiError
from controller.drain.observation import Get, forecast
from controller.planning.drain.pod_filters import Foresight
from controller.planning.snapshot import Snapshot

_PODS: Final = "/pods"
_LEASE: Final = f"/apis/coordination.k8s.io/v1/namespaces/{names.NAMESPACE}/leases/{names.LEASE}"
# What a forbidden namespace hides.
_SHOWN_BY_PODS: Final = {
    "kube-system": "whether API server and etcd are ready, for which the control plane waits",
    names.NAMESPACE: "which node runs the controller, and is updated last",
}


@dataclass(frozen=True)
class Observation:
    """What the caller may see of the cluster, and the namespaces whose pods are forbidden."""

    snapshot: Snapshot
    leadership: Leadership
    forbidden_namespaces: tuple[str, ...] = ()

    def warnings(self) -> Iterator[Line]:
        """Yield a warning for each forbidden namespace."""
        for namespace in self.forbidden_namespaces:
            unknown = _SHOWN_BY_PODS.get(namespace, "what its pods show")
            text = f"you may not list the pods of {namespace}; not shown: {unknown}"
            yield [("warning", "bold yellow"), f": {text}"]


def observe_all(kubeconfig: Path | None, context: str | None) -> Observation:
    """Read everything that the planner needs.

    Raises:
        UnavailableError: no cluster is configured, or it is not reached, or denies access.
    """
    with explain_read_errors(*WRITTEN, names.MACHINE_CONFIG_NODES, nodes=True):
        server = _Onlooker.for_user(kubeconfig, context)
        snapshot = observe(server)
        return Observation(snapshot, observe_leadership(server), tuple(server.unseen))


def observe_status(kubeconfig: Path | None, context: str | None) -> Observation:
    """Read what `observe_nodes` reads, and whether a controller leads.

    Raises:
        UnavailableError: as `observe_all` does.
    """
    with explain_read_errors(names.MACHINE_CONFIG_POOLS, names.MACHINE_CONFIG_NODES, nodes=True):
        server = _Passerby.for_user(kubeconfig, context)
        return Observation(observe(server), observe_leadership(server))


def observe_nodes(kubeconfig: Path | None, context: str | None) -> Snapshot:
    """Read the pools, the nodes and the names of the MachineConfigs, which is quick to repeat.

    Raises:
        UnavailableError: as `observe_all` does.
    """
    with explain_read_errors(names.MACHINE_CONFIG_POOLS, names.MACHINE_CONFIG_NODES, nodes=True):
        return observe(_Passerby.for_user(kubeconfig, context))


def observe_leadership(server: ApiServer) -> Leadership:
    """Read the Lease; that it is forbidden is part of the result."""
    try:
        return Leadership.of(server.get(_LEASE), datetime.now(UTC))
    except RequestErrors as error:
        if getattr(error, "status", None) == NOT_FOUND:
            return Leadership.of(None, datetime.now(UTC))
        if is_forbidden(error):
            return Leadership(leads=None, error=reason(error))
        raise


def foresee_drains(
    drains: Mapping[str, DrainSettings], kubeconfig: Path | None, context: str | None
) -> tuple[Mapping[str, Foresight], str]:
    """Return what the drains of these nodes would do, or the reason why that is unknown.

    Raises:
        UnavailableError: no cluster is configured, or it is not reached.
    """
    with explain_read_errors(nodes=True):
        get, now = _get(ApiServer.for_user(kubeconfig, context)), datetime.now(UTC)
        try:
            found = {node: forecast(get, node, drain, now) for node, drain in drains.items()}
        except RequestErrors as error:
            if is_forbidden(error):
                return {}, reason(error)
            raise
        except ApiError as error:
            return {}, str(error)
        return found, ""


def _get(server: ApiServer) -> Get:
    def get(path: str, query: Mapping[str, str]) -> Json | None:
        try:
            return server.get(path, **query)
        except RequestErrors as error:
            if getattr(error, "status", None) == NOT_FOUND:
                return None
            raise

    return get


class _Onlooker(ApiServer):
    """Passes over pods that it may not see."""

    def __init__(
        self, kubeconfig: Path | None, timeout: float = 30, context: str | None = None
    ) -> None:
        super().__init__(kubeconfig, timeout, context)
        self.unseen: list[str] = []

    def items(self, path: str, page: int = PAGE, **selection: str) -> Iterator[Json]:
        try:
            yield from super().items(path, page, **selection)
        except RequestErrors as error:
            if not is_forbidden(error) or not path.endswith(_PODS):
                raise
            self.unseen.append(path.split("/")[-2])


class _Passerby(ApiServer):
    """Asks for pools and nodes, and which MachineConfigs there are, if it may see them."""

    _SEEN: Final = {names.MACHINE_CONFIG_POOLS, names.MACHINE_CONFIG_NODES, "nodes"}

    def items(self, path: str, page: int = PAGE, **selection: str) -> Iterator[Json]:
        plural = path.rpartition("/")[2]
        if plural == names.MACHINE_CONFIGS:
            return self._known(path)
        return super().items(path, page, **selection) if plural in self._SEEN else iter(())

    def _known(self, path: str) -> Iterator[Json]:
        try:
            yield from self.metadata(path)
        except RequestErrors as error:
            if not is_forbidden(error):
                raise
