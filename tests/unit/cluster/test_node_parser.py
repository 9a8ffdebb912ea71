"""What is news of a Node, and what is only a heartbeat."""

from collections.abc import Callable
from copy import deepcopy

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


def is_news(change: Callable[[Json], object], kind: str = "MODIFIED") -> bool:
    """Whether this change of a Node that was seen before is news."""
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
        pytest.param(lambda node: node["metadata"]["annotations"].update(x="y"), id="not ours"),
        pytest.param(lambda node: node["status"].update(images=[{"names": ["x"]}]), id="images"),
    ],
)
def test_what_nothing_is_decided_by_is_no_news(change: Callable[[Json], object]) -> None:
    assert not is_news(change)


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
            id="boasts",
        ),
    ],
)
def test_what_something_is_decided_by_is_news(change: Callable[[Json], object]) -> None:
    assert is_news(change)


def test_that_a_node_is_gone_is_news() -> None:
    assert is_news(lambda _: None, kind="DELETED")


@pytest.mark.parametrize(
    ("cordoned", "on_node", "noted", "ours"),
    [
        pytest.param(True, "4f1c", "4f1c", True, id="our cordon"),
        pytest.param(True, None, "4f1c", False, id="an administrator's, before ours"),
        pytest.param(True, "true", "4f1c", False, id="a mark by hand, or forged"),
        pytest.param(True, "4f1c", "", False, id="a mark of a run that is over"),
        pytest.param(True, "", "", False, id="an empty mark where none is known"),
        pytest.param(False, "4f1c", "4f1c", False, id="a mark without a cordon"),
    ],
)
def test_a_cordon_is_ours_where_its_mark_is_the_one_that_we_have_noted(
    *, cordoned: bool, on_node: str | None, noted: str, ours: bool
) -> None:
    seen = deepcopy(NODE)
    seen["spec"]["unschedulable"] = cordoned
    if on_node is not None:
        seen["metadata"]["annotations"][names.CORDON_MARK] = on_node
    owner = {"apiVersion": "v1", "kind": "Node", "name": "w-1", "uid": "1"}
    note = MachineConfigNode.model_validate(
        {
            "metadata": {"name": "w-1", "ownerReferences": [owner]},
            "status": {"cordonMark": digest(noted)},
        }
    )

    assert ParsedNode.of(seen).with_status(note, ()).cordoned_by_controller is ours
