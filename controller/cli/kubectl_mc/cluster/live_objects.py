"""The live cluster, as the person who calls the command may see it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from controller.api import names
from controller.api.json_object import Json
from controller.cli.kubectl_mc.cluster.api_errors import asking
from controller.cli.kubectl_mc.files.kubectl_apply import applied
from controller.cli.kubectl_mc.files.manifest_files import Found
from controller.cli.kubectl_mc.terminal.errors import UnseenError
from controller.cluster.api_server import OURS, ApiServer
from controller.manifests.document import Document
from controller.manifests.problem import Problem

_KINDS: Final = {
    "MachineConfig": names.MACHINE_CONFIGS,
    "MachineConfigPool": names.MACHINE_CONFIG_POOLS,
    "MachineConfiguration": names.MACHINE_CONFIGURATIONS,
}
# In the place of a file's name, where a problem is one of an object in the cluster.
IN_CLUSTER: Final = "cluster"


@dataclass(frozen=True)
class Live:
    """What the cluster holds: what people write, and what the controller rendered from it."""

    written: tuple[Document, ...]
    rendered: Mapping[str, Json]

    def with_applied(self, found: Found) -> Found:
        """What there would be after `kubectl apply` of what files hold."""
        there = {_key(each.content): each.content for each in self.written}
        laid = tuple(_laid(each, there) for each in found)
        replaced = {_key(each.content) for each in laid if isinstance(each, Document)}
        return (*(each for each in self.written if _key(each.content) not in replaced), *laid)


def pool_names(kubeconfig: Path | None, context: str | None, timeout: float) -> list[str]:
    """The names of the pools, for somebody who does not wait long.

    Raises:
        UnseenError: as `look` does.
    """
    with asking():
        server = ApiServer.for_user(kubeconfig, context, timeout)
        return [_name(each) for each in _objects(server, "MachineConfigPool")]


def node_names(kubeconfig: Path | None, context: str | None, timeout: float) -> list[str]:
    """The names of the nodes that the controller knows, for somebody who does not wait long.

    Raises:
        UnseenError: as `look` does.
    """
    with asking():
        server = ApiServer.for_user(kubeconfig, context, timeout)
        return [_name(each) for each in server.items(f"{OURS}/{names.MACHINE_CONFIG_NODES}")]


def rendered_config(name: str, kubeconfig: Path | None, context: str | None) -> Json:
    """The rendered MachineConfig of this name.

    Raises:
        UnseenError: it is not there, or as `look` does.
    """
    with asking(names.MACHINE_CONFIGS):
        server = ApiServer.for_user(kubeconfig, context)
        # By its name, for who may list may see it, and nothing else is read.
        found = server.items(
            f"{OURS}/{names.MACHINE_CONFIGS}", fieldSelector=f"metadata.name={name}"
        )
        for each in found:
            return {"apiVersion": names.API_VERSION, "kind": "MachineConfig", **each}
    raise UnseenError(f"{name} is not there any more", "`kubectl get mc` lists what there is")


def look(kubeconfig: Path | None, context: str | None) -> Live:
    """Read what there is of our kinds.

    Raises:
        UnseenError: the cluster is not known, not reached, or does not let this person look.
    """
    with asking():
        server = ApiServer.for_user(kubeconfig, context)
        found = [each for kind in _KINDS for each in _objects(server, kind)]
    rendered = {_name(each): each for each in found if _is_rendered(each)}
    written = (each for each in found if not _is_rendered(each))
    return Live(tuple(Document(IN_CLUSTER, 0, each, {}) for each in written), rendered)


def _objects(server: ApiServer, kind: str) -> Iterator[Json]:
    for item in server.items(f"{OURS}/{_KINDS[kind]}"):
        yield {"apiVersion": names.API_VERSION, "kind": kind, **item}


def _is_rendered(item: Json) -> bool:
    return item["kind"] == "MachineConfig" and _name(item).startswith(names.RENDERED_PREFIX)


def _laid(each: Document | Problem, there: Mapping[tuple[str, str], Json]) -> Document | Problem:
    """A document of a file with what the cluster would keep of its own."""
    if isinstance(each, Problem) or _key(each.content) not in there:
        return each
    content = applied(there[_key(each.content)], each.content)
    return replace(each, content=content)


def _key(content: Any) -> tuple[str, str]:  # noqa: ANN401 - a file may hold anything
    kind = content.get("kind") if isinstance(content, dict) else None
    return str(kind), _name(content)


def _name(content: Any) -> str:  # noqa: ANN401 - same
    metadata = content.get("metadata") if isinstance(content, dict) else None
    return str(metadata.get("name")) if isinstance(metadata, dict) else ""
