"""The cluster as the planner sees it, read with the caller's permissions.

Missing permissions for pods or the Lease produce warnings, not errors.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from controller.api import names
from controller.cli.kubectl_mc.cluster.api_errors import WRITTEN, explain_read_errors
from controller.cli.kubectl_mc.cluster.leadership import Leadership
from controller.cli.kubectl_mc.terminal.console import Line
from controller.cluster.api_server import (
    NOT_FOUND,
    ApiServer,
    RequestErrors,
    is_forbidden,
    reason,
)
from controller.cluster.observation.control_plane import READY, SLICES
from controller.cluster.observation.observer import observe
from controller.planning.snapshot import Snapshot

_LEASE: Final = f"/apis/coordination.k8s.io/v1/namespaces/{names.NAMESPACE}/leases/{names.LEASE}"
# What the pods of a namespace show.
_SHOWN_BY_PODS: Final = {
    "kube-system": "whether API server and etcd are ready, for which the control plane waits",
    names.NAMESPACE: "which node runs the controller, and is updated last",
}
_STATUS_KINDS: Final = frozenset(
    {names.MACHINE_CONFIG_POOLS, names.MACHINE_CONFIG_NODES, names.MACHINE_CONFIGS, "nodes"}
)


@dataclass(frozen=True)
class Observation:
    """What the caller may see of the cluster, and the namespaces whose pods are forbidden.

    `forbidden_paths` are others that are forbidden, about the API servers.
    """

    snapshot: Snapshot
    leadership: Leadership
    forbidden_namespaces: tuple[str, ...] = ()
    forbidden_paths: tuple[str, ...] = ()

    def warnings(self) -> Iterator[Line]:
        """Yield a warning for each forbidden namespace and path."""
        for namespace in self.forbidden_namespaces:
            unknown = _SHOWN_BY_PODS.get(namespace, "what its pods show")
            text = f"you may not list the pods of {namespace}; not shown: {unknown}"
            yield [("warning", "bold yellow"), f": {text}"]
        for path in self.forbidden_paths:
            unknown = (
                "whether the other API servers and etcd answer, for which the control plane waits"
            )
            text = f"you may not read {path}; not shown: {unknown}"
            yield [("warning", "bold yellow"), f": {text}"]


def observe_all(kubeconfig: Path | None, context: str | None) -> Observation:
    """Read everything that the planner needs; forbidden pods and endpoints are left out.

    Raises:
        UnavailableError: no cluster is configured, or it is not reached, or denies access.
    """
    forbidden: dict[str, list[str]] = {"pods": [], SLICES: [], READY: []}

    def leave_out(path: str) -> bool:
        *_, namespace, resource = path.split("/")
        kind = path if path == READY else resource
        if kind in forbidden:
            forbidden[kind].append(namespace if kind == "pods" else path)
        return kind in forbidden

    with explain_read_errors(*WRITTEN, names.MACHINE_CONFIG_NODES, nodes=True):
        server = ApiServer.for_user(kubeconfig, context)
        snapshot = observe(server, on_forbidden=leave_out)
        if any(forbidden.values()):
            # What is unknown to the caller alone is nothing that the controller waits for.
            snapshot = replace(snapshot, control_plane=None)
        paths = (*forbidden[SLICES], *forbidden[READY])
        return Observation(snapshot, observe_leadership(server), tuple(forbidden["pods"]), paths)


def observe_status(kubeconfig: Path | None, context: str | None) -> Observation:
    """Read what `observe_nodes` reads, and whether a controller leads.

    Raises:
        UnavailableError: as `observe_all` does.
    """
    with explain_read_errors(names.MACHINE_CONFIG_POOLS, names.MACHINE_CONFIG_NODES, nodes=True):
        server = ApiServer.for_user(kubeconfig, context)
        return Observation(_observe_nodes(server), observe_leadership(server))


def observe_nodes(kubeconfig: Path | None, context: str | None) -> Snapshot:
    """Read the pools, the nodes, and the metadata of MachineConfigs unless that is forbidden.

    Raises:
        UnavailableError: as `observe_all` does.
    """
    with explain_read_errors(names.MACHINE_CONFIG_POOLS, names.MACHINE_CONFIG_NODES, nodes=True):
        return _observe_nodes(ApiServer.for_user(kubeconfig, context))


def _observe_nodes(server: ApiServer) -> Snapshot:
    return observe(
        server,
        kinds=_STATUS_KINDS,
        metadata_only={names.MACHINE_CONFIGS},
        on_forbidden=lambda path: path.endswith(f"/{names.MACHINE_CONFIGS}"),
    )


def observe_leadership(server: ApiServer) -> Leadership:
    """Read the Lease; without permission the leadership is unknown."""
    try:
        return Leadership.of(server.get(_LEASE), datetime.now(UTC))
    except RequestErrors as error:
        if getattr(error, "status", None) == NOT_FOUND:
            return Leadership.of(None, datetime.now(UTC))
        if is_forbidden(error):
            return Leadership(leads=None, error=reason(error))
        raise
