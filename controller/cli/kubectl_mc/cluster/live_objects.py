"""The cluster's objects of this group, as far as the caller may read them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from controller.api import names
from controller.api.json_object import Json
from controller.cli.kubectl_mc.cluster.api_errors import explain_read_errors
from controller.cli.kubectl_mc.cluster.kubectl_apply import applied
from controller.cli.kubectl_mc.files.manifest_files import Documents
from controller.cli.kubectl_mc.terminal.errors import UnavailableError
from controller.cluster.api_server import API_PATH, ApiServer
from controller.manifests.document import Document
from controller.manifests.problem import Problem

_KINDS: Final = {
    "MachineConfig": names.MACHINE_CONFIGS,
    "MachineConfigPool": names.MACHINE_CONFIG_POOLS,
    "MachineConfiguration": names.MACHINE_CONFIGURATIONS,
}
# Stands for the file name in the problems of an object in the cluster.
IN_CLUSTER: Final = "cluster"


@dataclass(frozen=True)
class LiveObjects:
    """The objects that users write, and the MachineConfigs that the controller has rendered."""

    written: tuple[Document, ...]
    rendered: Mapping[str, Json]

    def with_applied(self, documents: Documents) -> Documents:
        """Return what users have written after `kubectl apply` of these documents."""
        live = {_key(document.content): document.content for document in self.written}
        changed = tuple(_applied(each, live) for each in documents)
        replaced = {_key(each.content) for each in changed if isinstance(each, Document)}
        kept = (document for document in self.written if _key(document.content) not in replaced)
        return (*kept, *changed)


def pool_names(kubeconfig: Path | None, context: str | None, timeout: float) -> list[str]:
    """Return the names of the pools; `timeout` is in seconds.

    Raises:
        UnavailableError: the cluster cannot be read.
    """
    with explain_read_errors():
        server = ApiServer.for_user(kubeconfig, context, timeout)
        return [_name(item) for item in _objects(server, "MachineConfigPool")]


def node_names(kubeconfig: Path | None, context: str | None, timeout: float) -> list[str]:
    """Return the names of the nodes that have a MachineConfigNode; `timeout` is in seconds.

    Raises:
        UnavailableError: the cluster cannot be read.
    """
    with explain_read_errors():
        server = ApiServer.for_user(kubeconfig, context, timeout)
        return [_name(item) for item in server.items(f"{API_PATH}/{names.MACHINE_CONFIG_NODES}")]


def rendered_config(name: str, kubeconfig: Path | None, context: str | None) -> Json:
    """Return the rendered MachineConfig of this name.

    Raises:
        UnavailableError: it does not exist, or the cluster cannot be read.
    """
    with explain_read_errors(names.MACHINE_CONFIGS):
        server = ApiServer.for_user(kubeconfig, context)
        # A list by name needs `list` alone, as everything else that this command reads.
        found = server.items(
            f"{API_PATH}/{names.MACHINE_CONFIGS}", fieldSelector=f"metadata.name={name}"
        )
        for item in found:
            return {"apiVersion": names.API_VERSION, "kind": "MachineConfig", **item}
    raise UnavailableError(f"{name} no longer exists", "`kubectl get mc` lists the MachineConfigs")


def read(kubeconfig: Path | None, context: str | None, offline: str) -> LiveObjects:
    """Read the MachineConfigs, the pools and the policy.

    `offline` is how to work without the cluster, for the remedy of an error.

    Raises:
        UnavailableError: no cluster is configured, or it is not reached, or denies access.
    """
    with explain_read_errors(offline=offline):
        server = ApiServer.for_user(kubeconfig, context)
        found = [item for kind in _KINDS for item in _objects(server, kind)]
    rendered = {_name(item): item for item in found if _is_rendered(item)}
    written = (item for item in found if not _is_rendered(item))
    return LiveObjects(tuple(Document(IN_CLUSTER, 0, item, {}) for item in written), rendered)


def _objects(server: ApiServer, kind: str) -> Iterator[Json]:
    for item in server.items(f"{API_PATH}/{_KINDS[kind]}"):
        yield {"apiVersion": names.API_VERSION, "kind": kind, **item}


def _is_rendered(item: Json) -> bool:
    return item["kind"] == "MachineConfig" and _name(item).startswith(names.RENDERED_PREFIX)


def _applied(
    document: Document | Problem, live: Mapping[tuple[str, str], Json]
) -> Document | Problem:
    """Return a document of a file with the fields that the cluster would keep."""
    if isinstance(document, Problem) or _key(document.content) not in live:
        return document
    return replace(document, content=applied(live[_key(document.content)], document.content))


def _key(content: Any) -> tuple[str, str]:  # noqa: ANN401 - a file may hold anything
    kind = content.get("kind") if isinstance(content, dict) else None
    return str(kind), _name(content)


def _name(content: Any) -> str:  # noqa: ANN401 - same
    metadata = content.get("metadata") if isinstance(content, dict) else None
    return str(metadata.get("name")) if isinstance(metadata, dict) else ""
