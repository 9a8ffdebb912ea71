"""Relevant changes of a Node, heartbeats, and whose a cordon is."""

from collections.abc import Callable
from copy import deepcopy
from datetime import datetime

import pytest

from controller.api import names
from controller.api.json_object import Json
from controller.api.machine_config_node import MachineConfigNode
from controller.cluster.observation.node_parser import NodeChangeFilter, ParsedNode
from controller.planning.cordon_mark import digest

NODE: Json = {
    "metadata": {
        "name": "w-1",
        "uid": "1",
        "creationTimestamp": "2026-01-01T12:00:00Z",
        "resourceVersion": "1",
        "labels": {},
        "annotations": {},
    },
    "spec": {},
    "status": {
        "addresses": [{"type": "InternalIP", "address": "192.0.2.1"}],
        "conditions": [
            {"type": "Ready", "status": "True", "lastHeartbeatTime": "2026-01-01T12:00:00Z"}
        ],
    },
}


def with_status(status: Json) -> MachineConfigNode:
    """Return the MachineConfigNode of the Node."""
    owner = {"apiVersion": "v1", "kind": "Node", "name": "w-1", "uid": "1"}
    return MachineConfigNode.model_validate(
        {"metadata": {"name": "w-1", "ownerReferences": [owner]}, "status": status}
    )


def passes(change: Callable[[Json], object], kind: str = "MODIFIED") -> bool:
    """Whether the filter passes this change of a known Node."""
    seen = NodeChangeFilter()
    assert seen.is_relevant({"type": None, "object": NODE})
    changed = deepcopy(NODE)
    change(changed)
    return seen.is_relevant({"type": kind, "object": changed})


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(
            lambda node: node["status"]["conditions"][0].update(lastHeartbeatTime="now"),
            id="heartbeat",
        ),
        pytest.param(lambda node: node["metadata"].update(resourceVersion="2"), id="version"),
        pytest.param(
            lambda node: node["metadata"]["annotations"].update(x="y"), id="another annotation"
        ),
        pytest.param(lambda node: node["status"].update(images=[{"names": ["x"]}]), id="images"),
    ],
)
def test_a_change_that_affects_no_decision_is_filtered_out(
    change: Callable[[Json], object],
) -> None:
    assert not passes(change)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(
            lambda node: node["status"]["conditions"][0].update(status="False"), id="not Ready"
        ),
        pytest.param(lambda node: node["spec"].update(unschedulable=True), id="cordoned"),
        pytest.param(lambda node: node["metadata"]["labels"].update(role="x"), id="label"),
        pytest.param(lambda node: node["metadata"].update(uid="2"), id="another Node"),
        pytest.param(
            lambda node: node["metadata"]["annotations"].update({names.HOLD: ""}), id="held"
        ),
        pytest.param(
            lambda node: node["metadata"]["annotations"].update({names.STATE: "Done"}),
            id="an annotation of the state",
        ),
    ],
)
def test_a_change_that_affects_decisions_passes(change: Callable[[Json], object]) -> None:
    assert passes(change)


def test_the_deletion_of_a_node_passes() -> None:
    assert passes(lambda _: None, kind="DELETED")


@pytest.mark.parametrize(
    ("cordoned", "on_node", "recorded", "by_controller"),
    [
        pytest.param(True, "4f1c", "4f1c", True, id="the controller's cordon"),
        pytest.param(True, None, "4f1c", False, id="an administrator's cordon"),
        pytest.param(True, "true", "4f1c", False, id="a manual or forged mark"),
        pytest.param(True, "4f1c", "", False, id="a mark that is not recorded any more"),
        pytest.param(True, "", "", False, id="an empty mark without a recorded one"),
        pytest.param(False, "4f1c", "4f1c", False, id="a mark without a cordon"),
    ],
)
def test_a_cordon_is_the_controllers_only_with_the_recorded_mark(
    *, cordoned: bool, on_node: str | None, recorded: str, by_controller: bool
) -> None:
    seen = deepcopy(NODE)
    seen["spec"]["unschedulable"] = cordoned
    if on_node is not None:
        seen["metadata"]["annotations"][names.CORDON_MARK] = on_node
    known = with_status({"cordonMark": digest(recorded)})

    assert ParsedNode.of(seen).with_status(known, ()).cordoned_by_controller is by_controller


@pytest.mark.parametrize(
    ("kind", "rebuilt", "restored"),
    [("not looked at", True, False), ("restored by hand", False, True)],
)
def test_a_status_that_version_0_1_has_written_is_understood(
    *, kind: str, rebuilt: bool, restored: bool
) -> None:
    known = with_status({"drift": [{"path": names.RECORD, "kind": kind}]})

    node = ParsedNode.of(NODE).with_status(known, ())

    assert (node.rebuilt, node.restored) == (rebuilt, restored)


def test_it_is_known_since_when_a_node_is_not_ready() -> None:
    since = "2026-01-01T12:34:56Z"

    def parsed(**condition: str) -> datetime | None:
        status = {**NODE["status"], "conditions": [{"type": "Ready", **condition}]}
        return ParsedNode.of({**NODE, "status": status}).node.unready_since

    assert parsed(status="Unknown", lastTransitionTime=since) == datetime.fromisoformat(since)
    assert parsed(status="True", lastTransitionTime=since) is None
    assert parsed(status="False") is None
    assert ParsedNode.of({**NODE, "status": {}}).node.unready_since is None
