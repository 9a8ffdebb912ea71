"""Two pools on real machines, with a failing node, a cordon, a budget and dying leaders.

The assertions are about an outside watch of every change of every Node.
"""

from collections.abc import Iterator

import pytest

from controller.api import names
from tests.demo.stage import PREFIX, WORKERS, Stage
from tests.lab.controller import Controller

_OURS = ".metadata.annotations." + PREFIX.replace(".", "\\.")
_SEEN = f"{{.metadata.name}} {{{_OURS}cordoned}} {{{_OURS}currentConfig}}{{'\\n'}}"
_WATCH = ("nodes", f"--output=jsonpath={_SEEN}")
_GPU = """
apiVersion: machineconfiguration.alauda.io/v1alpha1
kind: MachineConfigPool
metadata: {name: gpu}
spec:
  nodeSelector: {matchLabels: {gpu: ""}}
  machineConfigSelector: {matchLabels: {machineconfiguration.alauda.io/role: gpu}}
"""


@pytest.fixture
def standby(stage: Stage) -> Iterator[Controller]:
    """A second controller; cp-1 is a worker here, so that the worker pool has three nodes."""
    label = names.CONTROL_PLANE_NODE_LABEL
    stage.lab.kubectl("label", "node", "cp-1", f"{label}-")
    standby = Controller(stage.lab, "standby")
    yield standby
    assert standby.stop() == 0
    stage.lab.kubectl("label", "nodes", "cp-1", f"{label}=")
    stage.lab.kubectl("label", "nodes", "w-3", "gpu-")
    stage.lab.ssh("w-2", "sudo chattr -i /etc/motd")


def test_two_pools_are_updated_and_reverted_in_spite_of_every_disturbance(
    stage: Stage, standby: Controller
) -> None:
    leader = stage.controller
    leader.start()
    stage.rolled_out()
    standby.start()
    boots = stage.boots()
    with stage.watching(*_WATCH) as changes:
        base = stage.target()
        _one_is_cordoned_and_one_moves_to_a_pool_of_its_own(stage)
        stage.lab.ssh("w-2", "sudo chattr +i /etc/motd")
        greeting = _a_budget_blocks_two_pools(stage, base)
        leader.kill()
        stage.kubectl("patch", "pdb", "web", "--type=merge", '--patch={"spec":{"minAvailable":2}}')
        _all_but_one_come_through(stage, greeting)
        leader.start()

        stage.kubectl("delete", "machineconfig", "20-greeting")
        stage.eventually(
            lambda: stage.progress("w-1").get("phase") == "Drain", "w-1 is updated back"
        )
        standby.freeze()
        stage.eventually(lambda: stage.boots()["w-1"] == boots["w-1"] + 2, "w-1 reboots")
        standby.thaw()
        leader.kill()
        _everyone_is_back(stage, base)

    assert stage.boots() == {"w-1": boots["w-1"] + 2, "w-2": boots["w-2"], "w-3": boots["w-3"] + 2}
    seen = [line.rstrip("\n").split(" ") for line in changes]
    configs = {node: {config for name, _, config in seen if name == node} for node in WORKERS}
    assert configs["w-2"] == {base}
    assert configs["w-1"] == {base, greeting}
    _never_too_many(seen)
    assert stage.node("cp-1")["spec"]["unschedulable"], "an administrator's cordon stays"


def _one_is_cordoned_and_one_moves_to_a_pool_of_its_own(stage: Stage) -> None:
    stage.kubectl("cordon", "cp-1")
    stage.start_web()
    stage.kubectl("patch", "mcp", "worker", "--type=merge", '--patch={"spec":{"maxUnavailable":2}}')
    stage.kubectl("apply", "--filename=-", stdin=_GPU)
    stage.kubectl("label", "nodes", "w-3", "gpu=")
    stage.eventually(lambda: stage.progress("w-3").get("pool") == "gpu", "w-3 is in its new pool")
    assert stage.annotation("w-3", "state") == "Done", "a new name alone starts no run"


def _a_budget_blocks_two_pools(stage: Stage, base: str) -> str:
    stage.kubectl("patch", "pdb", "web", "--type=merge", '--patch={"spec":{"minAvailable":3}}')
    stage.apply("20-greeting.yaml")
    stage.eventually(lambda: stage.progress("w-1").get("blockedBy"), "the drain of w-1 waits")
    stage.eventually(lambda: stage.progress("w-3").get("blockedBy"), "and that of w-3")
    assert stage.annotation("w-2", "desiredConfig") == base, "two of two are unavailable"
    return stage.target()


def _all_but_one_come_through(stage: Stage, greeting: str) -> None:
    stage.eventually(lambda: stage.annotation("w-2", "state") == "Degraded", "w-2 fails")
    assert "/etc/motd" in stage.annotation("w-2", "reason")
    stage.eventually(lambda: stage.annotation("w-1", "currentConfig") == greeting, "w-1 is updated")
    stage.eventually(lambda: stage.annotation("w-3", "state") == "Done", "w-3 is updated")
    assert stage.annotation("w-3", "currentConfig") == stage.target("gpu")


def _everyone_is_back(stage: Stage, base: str) -> None:
    stage.eventually(
        lambda: stage.condition("Updated")["status"] == "True", "the workers are updated back"
    )
    stage.eventually(
        lambda: stage.condition("Updated", "gpu")["status"] == "True", "and so is the other pool"
    )
    assert {stage.annotation(node, "currentConfig") for node in ("cp-1", "w-1", "w-2")} == {base}
    assert stage.annotation("w-2", "state") == "Done", "the reverted config heals it"


def _never_too_many(seen: list[list[str]]) -> None:
    """Assert one worker at a time (the administrator's cordon uses a slot), and one other node."""
    ours: set[str] = set()
    for name, by_us, _ in seen:
        ours = ours | {name} if by_us else ours - {name}
        assert len(ours & {"cp-1", "w-1", "w-2"}) <= 1
        assert len(ours) <= 2
    assert not ours, "no cordon of the controller is left"
