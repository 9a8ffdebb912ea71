"""Nodes of the API server, parsed to the planner's own type."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Self

from controller.api import names
from controller.api.json_object import Json
from controller.api.machine_config_node import (
    MachineConfigNode,
    MachineConfigNodeStatus,
    NodeState,
)
from controller.api.node_annotations import NodeAnnotations
from controller.planning.control_plane_facts import StaticPod
from controller.planning.cordon_mark import digest
from controller.planning.node import Node
from controller.planning.node_status import as_annotations

# A Node has no operating system before its kubelet reports one.
_LINUX: Final = {"linux", "", None}
# The condition by which k3s and RKE2 report a voting member of etcd on the node.
_ETCD_VOTER: Final = "EtcdIsVoter"
_UNKNOWN: Final = MachineConfigNodeStatus()


@dataclass(frozen=True)
class ParsedNode:
    """A Node without its MachineConfigNode, and the annotations that mirror one.

    Two equal ones lead to equal decisions: a heartbeat of the kubelet changes nothing here.
    """

    node: Node
    mirror: Mapping[str, str]

    @classmethod
    def of(cls, item: Json) -> Self:
        """Parse a Node."""
        metadata, spec, status = item["metadata"], item.get("spec", {}), item.get("status", {})
        annotations = NodeAnnotations.of(metadata.get("annotations"))
        addresses = _internal_ips(status)
        reported = {each["type"]: each for each in status.get("conditions", ())}
        conditions = {name: each["status"] for name, each in reported.items()}
        node = Node(
            name=metadata["name"],
            uid=metadata["uid"],
            created=datetime.fromisoformat(metadata["creationTimestamp"]),
            labels=metadata.get("labels", {}),
            address=annotations.address or next(iter(addresses), ""),
            internal_ips=addresses,
            etcd_voter=conditions.get(_ETCD_VOTER) == "True",
            ready=conditions.get("Ready") == "True",
            pressured="True" in map(conditions.get, ("DiskPressure", "NetworkUnavailable")),
            unschedulable=bool(spec.get("unschedulable")),
            cordoned_by_controller=False,
            cordon_mark=annotations.cordon_mark,
            held=annotations.hold,
            runs_linux=status.get("nodeInfo", {}).get("operatingSystem") in _LINUX,
            boot_id=status.get("nodeInfo", {}).get("bootID", ""),
            requests=annotations.requests,
            tainted=names.UNCONFIGURED in {each["key"] for each in spec.get("taints", ())},
            unready_since=_unready_since(reported.get("Ready")),
            status=_UNKNOWN,
        )
        return cls(node, _mirror(annotations))

    def with_status(
        self, machine_config_node: MachineConfigNode | None, static_pods: tuple[StaticPod, ...]
    ) -> Node:
        """Return the Node with the status of its MachineConfigNode."""
        known = self._status(machine_config_node)
        mirrored = known.state is None or as_annotations(known) == self.mirror
        cordoned = self.node.unschedulable and self._has_cordon_mark(known)
        return replace(
            self.node,
            status=known,
            mirrored=mirrored,
            cordoned_by_controller=cordoned,
            cordon_mark=self.node.cordon_mark if cordoned else "",
            static_pods=static_pods,
            annotated_config=self._annotated_config if known.state is None else "",
        )

    @property
    def _annotated_config(self) -> str:
        """The current config by the annotations; empty during an update."""
        mirror = self.mirror
        settled = mirror[names.STATE] in {NodeState.DONE, NodeState.DEGRADED}
        same = mirror[names.CURRENT_CONFIG] == mirror[names.DESIRED_CONFIG]
        return mirror[names.CURRENT_CONFIG] if settled and same else ""

    def _has_cordon_mark(self, known: MachineConfigNodeStatus) -> bool:
        """Whether the Node has the recorded mark; with any other an administrator cordoned it."""
        return bool(known.cordon_mark) and known.cordon_mark == digest(self.node.cordon_mark)

    def _status(self, machine_config_node: MachineConfigNode | None) -> MachineConfigNodeStatus:
        """Return the recorded status; that of an earlier Node of the same name does not count."""
        owners = machine_config_node.metadata.owner_references if machine_config_node else ()
        if machine_config_node is None or self.node.uid not in {each.uid for each in owners}:
            return _UNKNOWN
        return machine_config_node.status


class NodeChangeFilter:
    """Drops watch events of Nodes that cannot change a decision, such as heartbeats."""

    def __init__(self) -> None:
        self._last: dict[str, ParsedNode] = {}

    def is_relevant(self, event: Json) -> bool:
        """Whether the Node differs from its last event, or is gone."""
        item = event["object"]
        uid = item["metadata"]["uid"]
        if event["type"] == "DELETED":
            self._last.pop(uid, None)
            return True
        before, now = self._last.get(uid), ParsedNode.of(item)
        self._last[uid] = now
        return now != before


def _mirror(annotations: NodeAnnotations) -> dict[str, str]:
    """Return the annotations that mirror the status of the MachineConfigNode."""
    return {
        names.CURRENT_CONFIG: annotations.current_config or "",
        names.DESIRED_CONFIG: annotations.desired_config or "",
        names.STATE: annotations.state.value if annotations.state else "",
        names.REASON: annotations.reason or "",
    }


def _unready_since(ready: Json | None) -> datetime | None:
    since = (ready or {}).get("lastTransitionTime")
    is_ready = ready is None or ready["status"] == "True"
    return None if is_ready or not since else datetime.fromisoformat(since)


def _internal_ips(status: Json) -> tuple[str, ...]:
    addresses = status.get("addresses", ())
    return tuple(each["address"] for each in addresses if each["type"] == "InternalIP")
