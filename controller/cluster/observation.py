"""The cluster as the planner sees it, listed anew for each pass."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import TypeVar

from pydantic import ValidationError

from controller.api import names
from controller.api.machine_config import MachineConfig
from controller.api.machine_config_node import MachineConfigNode, MachineConfigNodeStatus
from controller.api.machine_config_pool import MachineConfigPool
from controller.api.machine_configuration import MachineConfiguration
from controller.api.meta import ApiObject
from controller.api.node import NodeAnnotations
from controller.cluster.api_server import OURS, ApiServer, Json, UnreadableError
from controller.cluster.pods import failing_control_plane, nodes_of_controllers
from controller.planning.progress import annotations
from controller.planning.snapshot import Node, Snapshot

# Also before its kubelet has said so.
_LINUX = {"linux", "", None}
Kind = TypeVar("Kind", bound=ApiObject)


def observe(server: ApiServer) -> Snapshot:
    """All that a pass looks at, reduced at once to our own types.

    Raises:
        UnreadableError: an object that people write is not what its kind says. To pass over it
            would take away from the nodes what it holds.
    """
    return Snapshot(
        nodes=_nodes(server),
        controllers=nodes_of_controllers(server),
        pools=_ours(server, names.MACHINE_CONFIG_POOLS, MachineConfigPool),
        machine_configs=_ours(server, names.MACHINE_CONFIGS, MachineConfig),
        configuration=next(
            iter(_ours(server, names.MACHINE_CONFIGURATIONS, MachineConfiguration)), None
        ),
    )


def _ours(server: ApiServer, plural: str, kind: type[Kind]) -> tuple[Kind, ...]:
    return tuple(_parsed(item, kind) for item in server.items(f"{OURS}/{plural}"))


def _parsed(item: Json, kind: type[Kind]) -> Kind:
    document = {"apiVersion": names.API_VERSION, "kind": kind.__name__, **item}
    try:
        return kind.model_validate(document)
    except ValidationError as error:
        name = item["metadata"]["name"]
        raise UnreadableError(f"{kind.__name__} {name}: {error}") from error


def _nodes(server: ApiServer) -> tuple[Node, ...]:
    notes: dict[str, MachineConfigNode] = {}
    for item in server.items(f"{OURS}/{names.MACHINE_CONFIG_NODES}"):
        # These are our own notes: one that cannot be read is made anew.
        with suppress(UnreadableError):
            notes[item["metadata"]["name"]] = _parsed(item, MachineConfigNode)
    failing = failing_control_plane(server)
    return tuple(_node(each, notes, failing) for each in server.items("/api/v1/nodes"))


def _node(
    item: Json, notes: Mapping[str, MachineConfigNode], failing: Mapping[str, tuple[str, ...]]
) -> Node:
    metadata, spec, status = item["metadata"], item.get("spec", {}), item.get("status", {})
    marks = NodeAnnotations.of(metadata.get("annotations"))
    conditions = {each["type"]: each["status"] for each in status.get("conditions", ())}
    known = _status(notes.get(metadata["name"]), metadata["uid"])
    unschedulable = bool(spec.get("unschedulable"))
    return Node(
        name=metadata["name"],
        uid=metadata["uid"],
        created=datetime.fromisoformat(metadata["creationTimestamp"]),
        labels=metadata.get("labels", {}),
        address=marks.address or _internal_ip(status),
        ready=conditions.get("Ready") == "True",
        pressured="True" in map(conditions.get, ("DiskPressure", "NetworkUnavailable")),
        unschedulable=unschedulable,
        # The mark alone takes nobody's place.
        cordoned_by_us=unschedulable and marks.cordoned_by_us,
        held=marks.hold,
        failing_pods=failing.get(metadata["name"], ()),
        runs_linux=status.get("nodeInfo", {}).get("operatingSystem") in _LINUX,
        status=known,
        mirrored=known.state is None or annotations(known) == _annotated(marks),
    )


def _status(note: MachineConfigNode | None, uid: str) -> MachineConfigNodeStatus:
    """What we know of a Node; one that came back under its name is another one."""
    if note is None or uid not in {each.uid for each in note.metadata.owner_references}:
        return MachineConfigNodeStatus()
    return note.status


def _annotated(marks: NodeAnnotations) -> dict[str, str]:
    """What the Node says of itself, as it should be said."""
    return {
        names.CURRENT_CONFIG: marks.current_config or "",
        names.DESIRED_CONFIG: marks.desired_config or "",
        names.STATE: marks.state.value if marks.state else "",
        names.REASON: marks.reason or "",
    }


def _internal_ip(status: Json) -> str:
    addresses = status.get("addresses", ())
    return next((each["address"] for each in addresses if each["type"] == "InternalIP"), "")
