"""A shortage of the controller itself delays the rollout, and is not blamed on a node."""

import pytest

from controller.api import names
from controller.execution.protocol import Request, Run
from controller.execution.shortage import ShortageError
from tests.integration.cluster import Cluster

NO_ROOM = "/state: No space left on device (make room there)"


def test_without_disk_space_no_node_is_changed_or_blamed_and_the_rollout_resumes_afterwards(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    controller = cluster.controller()
    cluster.roll_out(controller)
    before = cluster.target()

    def start(_: Request) -> Run:
        raise ShortageError(NO_ROOM)

    with monkeypatch.context() as short:
        short.setattr(cluster.machines, "start", start)
        cluster.configure("later")
        for _ in range(5):
            controller.run_pass()
        nodes = [cluster.node(name) for name in cluster.nodes]
    warned = [each for name in cluster.nodes for each in cluster.events(name) if each == "Failed"]

    assert {each[names.CURRENT_CONFIG] for each in nodes} == {before}
    assert {(each[names.REASON], each["cordoned"]) for each in nodes} == {("", False)}
    assert "Degraded" not in {each[names.STATE] for each in nodes}
    assert warned == []
    assert cluster.events("cluster", kind="MachineConfiguration") == ["ControllerShortage"]
    cluster.roll_out(controller, beyond=before)
