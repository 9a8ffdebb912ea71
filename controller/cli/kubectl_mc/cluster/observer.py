"""The cluster as the planner sees it, looked at by somebody who may see less than the controller.

The planner needs two kinds of pods besides: those of the control plane, and the controller's own.
Who may not see them is told so, and sees the rest.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from controller.api import names
from controller.api.drain import DrainSettings
from controller.api.json_object import Json
from controller.cli.kubectl_mc.cluster.api_errors import WRITTEN, asking, is_forbidden
from controller.cli.kubectl_mc.cluster.leadership import Leadership
from controller.cli.kubectl_mc.terminal.console import Line
from controller.cluster.api_server import NOT_FOUND, PAGE, ApiServer, RequestErrors, reason
from controller.cluster.observation import observe
from controller.drain.kubectl_proxy import ApiError
from controller.drain.observation import Look, forecast
from controller.planning.drain.forecast import DrainForecast
from controller.planning.snapshot import Snapshot

_PODS: Final = "/pods"
_LEASE: Final = f"/apis/coordination.k8s.io/v1/namespaces/{names.NAMESPACE}/leases/{names.LEASE}"
# What the pods of a namespace would have told.
_UNTOLD: Final = {
    "kube-system": "whether API server and etcd are ready, for which the control plane waits",
    names.NAMESPACE: "which node runs the controller and so comes last",
}


@dataclass(frozen=True)
class Seen:
    """What somebody has seen, and the namespaces whose pods they may not see."""

    snapshot: Snapshot
    leadership: Leadership
    unseen: tuple[str, ...] = ()

    def warnings(self) -> Iterator[Line]:
        """What is not looked at, for people."""
        for namespace in self.unseen:
            untold = _UNTOLD.get(namespace, "what its pods say")
            said = f"you may not list the pods of {namespace}; not looked at: {untold}"
            yield [("warning", "bold yellow"), f": {said}"]


def planner_view(kubeconfig: Path | None, context: str | None) -> Seen:
    """All that the planner looks at.

    Raises:
        UnseenError: the cluster is not known, not reached, or does not let this person look.
    """
    with asking(*WRITTEN, names.MACHINE_CONFIG_NODES, nodes=True):
        server = _Onlooker.for_user(kubeconfig, context)
        snapshot = observe(server)
        return Seen(snapshot, leadership(server), tuple(server.unseen))


def overview(kubeconfig: Path | None, context: str | None) -> Seen:
    """The pools and the nodes alone, and whether a controller leads.

    Raises:
        UnseenError: as `planner_view` does.
    """
    with asking(names.MACHINE_CONFIG_POOLS, names.MACHINE_CONFIG_NODES, nodes=True):
        server = _Passerby.for_user(kubeconfig, context)
        return Seen(observe(server), leadership(server))


def leadership(server: ApiServer) -> Leadership:
    """Whether a controller leads; who may not see that is told so, and sees the rest."""
    try:
        return Leadership.of(server.get(_LEASE), datetime.now(UTC))
    except RequestErrors as error:
        if getattr(error, "status", None) == NOT_FOUND:
            return Leadership.of(None, datetime.now(UTC))
        if is_forbidden(error):
            return Leadership(leads=None, unseen=reason(error))
        raise


def pools_and_nodes(kubeconfig: Path | None, context: str | None) -> Snapshot:
    """The pools, the nodes and what MachineConfigs are called, which is quick to look at again.

    Raises:
        UnseenError: as `planner_view` does.
    """
    with asking(names.MACHINE_CONFIG_POOLS, names.MACHINE_CONFIG_NODES, nodes=True):
        return observe(_Passerby.for_user(kubeconfig, context))


def foreseen(
    drains: Mapping[str, DrainSettings], kubeconfig: Path | None, context: str | None
) -> tuple[Mapping[str, DrainForecast], str]:
    """What the drains of these nodes would do and wait for, and why that was not looked at.

    Raises:
        UnseenError: the cluster is not known, or not reached.
    """
    with asking(nodes=True):
        look, now = _look(ApiServer.for_user(kubeconfig, context)), datetime.now(UTC)
        try:
            found = {node: forecast(look, node, drain, now) for node, drain in drains.items()}
        except RequestErrors as error:
            if is_forbidden(error):
                return {}, reason(error)
            raise
        except ApiError as error:
            return {}, str(error)
        return found, ""


def _look(server: ApiServer) -> Look:
    def look(path: str, query: Mapping[str, str]) -> Json | None:
        try:
            return server.get(path, **query)
        except RequestErrors as error:
            if getattr(error, "status", None) == NOT_FOUND:
                return None
            raise

    return look


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
