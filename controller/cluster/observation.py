"""The cluster as the planner sees it, listed anew for each pass."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, TypeVar

import structlog
from pydantic import ValidationError

from controller.api import names
from controller.api.machine_config import MachineConfig
from controller.api.machine_config_node import MachineConfigNode, MachineConfigNodeStatus
from controller.api.machine_config_pool import MachineConfigPool
from controller.api.machine_configuration import MachineConfiguration
from controller.api.meta import ApiObject
from controller.api.node import NodeAnnotations
from controller.cluster.api_server import OURS, ApiServer, Json
from controller.planning.snapshot import Node, Snapshot

Kind = TypeVar("Kind", bound=ApiObject)

_log = structlog.get_logger(__name__)


def observe(server: ApiServer) -> Snapshot:
    """All that a pass looks at, reduced at once to our own types."""
    statuses = {
        each.metadata.name: each.status
        for each in _ours(server, names.MACHINE_CONFIG_NODES, MachineConfigNode)
    }
    configurations = _ours(server, names.MACHINE_CONFIGURATIONS, MachineConfiguration)
    return Snapshot(
        nodes=tuple(_node(each, statuses) for each in server.items("/api/v1/nodes")),
        pools=tuple(_ours(server, names.MACHINE_CONFIG_POOLS, MachineConfigPool)),
        machine_configs=tuple(_ours(server, names.MACHINE_CONFIGS, MachineConfig)),
        configuration=next(configurations, None),
    )


def _ours(server: ApiServer, plural: str, kind: type[Kind]) -> Iterator[Kind]:
    for item in server.items(f"{OURS}/{plural}"):
        document = {"apiVersion": names.API_VERSION, "kind": kind.__name__, **item}
        try:
            yield kind.model_validate(document)
        except ValidationError as error:
            # The API server holds the same rules; only an object older than them gets here.
            name = item["metadata"]["name"]
            _log.warning("object left out", kind=kind.__name__, name=name, reason=str(error))


def _node(item: Json, statuses: dict[str, MachineConfigNodeStatus]) -> Node:
    metadata, spec, status = item["metadata"], item.get("spec", {}), item.get("status", {})
    marks = NodeAnnotations.of(metadata.get("annotations"))
    conditions = {each["type"]: each["status"] for each in status.get("conditions", ())}
    known = statuses.get(metadata["name"], MachineConfigNodeStatus())
    return Node(
        name=metadata["name"],
        uid=metadata["uid"],
        created=datetime.fromisoformat(metadata["creationTimestamp"]),
        labels=metadata.get("labels", {}),
        address=marks.address or _internal_ip(status),
        ready=conditions.get("Ready") == "True",
        pressured="True" in map(conditions.get, ("DiskPressure", "NetworkUnavailable")),
        unschedulable=bool(spec.get("unschedulable")),
        cordoned_by_us=marks.cordoned_by_us,
        held=marks.hold,
        runs_linux=status.get("nodeInfo", {}).get("operatingSystem", "linux") == "linux",
        status=known.model_copy(update=_truth(marks)),
    )


def _truth(marks: NodeAnnotations) -> dict[str, Any]:
    return {
        "state": marks.state,
        "current_config": marks.current_config or "",
        "desired_config": marks.desired_config or "",
        "reason": marks.reason or "",
    }


def _internal_ip(status: Json) -> str:
    addresses = status.get("addresses", ())
    return next((each["address"] for each in addresses if each["type"] == "InternalIP"), "")
