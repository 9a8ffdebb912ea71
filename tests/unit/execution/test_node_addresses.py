"""The address of a node is untrusted: an invalid one starts nothing."""

from pathlib import Path

import pytest

from controller.api.json_object import Json
from controller.cluster.observation.node_parser import ParsedNode
from controller.execution.local import LocalExecutor
from controller.execution.protocol import Connection, Host, Request
from controller.planning.node import Node

CONNECTION = Connection("root", 22, None, None)
JINJA = "{{ lookup('pipe', 'id') }}"
PREFIX = "machineconfiguration.alauda.io/"


def observed(address: str, **metadata: Json) -> Node:
    """Return a Node of the API server that posts an address, as the controller sees it."""
    item = {
        "metadata": {
            "name": "worker-1",
            "uid": "1",
            "creationTimestamp": "2026-01-01T00:00:00Z",
            **metadata,
        },
        "status": {"addresses": [{"type": "InternalIP", "address": address}]},
    }
    return ParsedNode.of(item).with_status(None, ())


@pytest.mark.parametrize(
    "node",
    [
        pytest.param(observed(JINJA), id="posted by the kubelet"),
        pytest.param(
            observed("192.0.2.1", annotations={f"{PREFIX}ssh-address": JINJA}), id="annotated"
        ),
    ],
)
def test_an_address_that_is_a_template_starts_and_writes_nothing(
    node: Node, tmp_path: Path
) -> None:
    executor = LocalExecutor(tmp_path, Path("playbooks"), {}, lambda: None)

    run = executor.start(
        Request("update.yml", (Host(node.name, node.address, {}, CONNECTION),), None, 1)
    )

    assert run.results is not None
    result = run.results["worker-1"]
    assert result.cause == f"worker-1: {JINJA!r} is not a valid address"
    assert result.remedy == "correct the Node's address"
    assert list((tmp_path / "runs").iterdir()) == []


def test_an_address_that_would_deceive_a_reader_is_escaped(tmp_path: Path) -> None:
    executor = LocalExecutor(tmp_path, Path("playbooks"), {}, lambda: None)
    address = "\x1b[2J\u202e\u0430dmin" + "x" * 10_000

    run = executor.start(
        Request("update.yml", (Host("worker-1", address, {}, CONNECTION),), None, 1)
    )

    assert run.results is not None
    cause = run.results["worker-1"].cause
    assert cause.startswith(r"worker-1: '\x1b[2J\u202e\u0430dminxxx")
    assert len(cause) <= 1024
