"""A Node as the API server shows it, reduced to what we look at."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Self

from controller.api import names
from controller.api.machine_config_node import (
    MachineConfigNode,
    MachineConfigNodeStatus,
    NodeState,
)
from controller.api.node_annotations import NodeAnnotations
from controller.cluster.api_server import Json
from controller.planning.cordon_mark import digest
from controller.planning.node import Node
from controller.planning.node_status import as_annotations

# Also before its kubelet has said so.
_LINUX: Final = {"linux", "", None}
_UNKNOWN: Final = MachineConfigNodeStatus()


@dataclass(frozen=True)
class ParsedNode:
    """A Node by itself, and what it says of its configuration.

    Two that are equal differ in nothing that a decision rests on: a heartbeat changes nothing here.
    """

    node: Node
    annotated: Mapping[str, str]

    @classmethod
    def of(cls, item: Json) -> Self:
        """The Node in an answer of the API server."""
        metadata, spec, status = item["metadata"], item.get("spec", {}), item.get("status", {})
        marks = NodeAnnotations.of(metadata.get("annotations"))
        conditions = {each["type"]: each["status"] for each in status.get("conditions", ())}
        node = Node(
            name=metadata["name"],
            uid=metadata["uid"],
            created=datetime.fromisoformat(metadata["creationTimestamp"]),
            labels=metadata.get("labels", {}),
            address=marks.address or _internal_ip(status),
            ready=conditions.get("Ready") == "True",
            pressured="True" in map(conditions.get, ("DiskPressure", "NetworkUnavailable")),
            unschedulable=bool(spec.get("unschedulable")),
            cordoned_by_controller=False,
            cordon_mark=marks.cordon_mark,
            held=marks.hold,
            runs_linux=status.get("nodeInfo", {}).get("operatingSystem") in _LINUX,
            boot_id=status.get("nodeInfo", {}).get("bootID", ""),
            requests=marks.requests,
            tainted=names.UNCONFIGURED in {each["key"] for each in spec.get("taints", ())},
            status=_UNKNOWN,
        )
        return cls(node, _annotated(marks))

    def with_status(self, note: MachineConfigNode | None, failing: tuple[str, ...]) -> Node:
        """The Node with what is known of it."""
        known = self._status(note)
        mirrored = known.state is None or as_annotations(known) == self.annotated
        ours = self.node.unschedulable and self._is_marked_by_us(known)
        return replace(
            self.node,
            status=known,
            mirrored=mirrored,
            cordoned_by_controller=ours,
            cordon_mark=self.node.cordon_mark if ours else "",
            failing_pods=failing,
            annotated_config=self._said if known.state is None else "",
        )

    @property
    def _said(self) -> str:
        """The config that it says it is settled on; empty where it is on its way to one."""
        said = self.annotated
        settled = said[names.STATE] in {NodeState.DONE, NodeState.DEGRADED}
        same = said[names.CURRENT_CONFIG] == said[names.DESIRED_CONFIG]
        return said[names.CURRENT_CONFIG] if settled and same else ""

    def _is_marked_by_us(self, known: MachineConfigNodeStatus) -> bool:
        """Whether it bears the very mark that we have noted; any other is somebody else's."""
        return bool(known.cordon_mark) and known.cordon_mark == digest(self.node.cordon_mark)

    def _status(self, note: MachineConfigNode | None) -> MachineConfigNodeStatus:
        """What we have noted; one that came back under its name is another one."""
        owners = note.metadata.owner_references if note else ()
        if note is None or self.node.uid not in {each.uid for each in owners}:
            return _UNKNOWN
        return note.status


class NodeChangeFilter:
    """The Nodes as the last event of each has shown them."""

    def __init__(self) -> None:
        """No event has come yet."""
        self._seen: dict[str, ParsedNode] = {}

    def is_relevant(self, event: Json) -> bool:
        """Whether a Node is another one now, or is gone."""
        item = event["object"]
        uid = item["metadata"]["uid"]
        if event["type"] == "DELETED":
            self._seen.pop(uid, None)
            return True
        before, now = self._seen.get(uid), ParsedNode.of(item)
        self._seen[uid] = now
        return now != before


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
