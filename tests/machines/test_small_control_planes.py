"""Three control plane nodes with etcd keep its quorum, and a cluster of one node keeps its pods.

The members are real, and each ends with its machine; the static pods are ready while they are.
"""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest

from tests.demo.narrator import silent
from tests.demo.stage import Stage
from tests.lab import Lab
from tests.machines.kubectl_mc import kubectl_mc

_THREE = ("cp-1", "cp-2", "cp-3")
# A unit, which requires a reboot by the default policy.
_CONFIG = """---
apiVersion: machineconfiguration.alauda.io/v1alpha1
kind: MachineConfig
metadata:
  name: 50-unit
  labels: {machineconfiguration.alauda.io/role: master}
spec:
  config:
    ignition: {version: 3.4.0}
    systemd:
      units: [{name: example.service, contents: "[Service]\\nExecStart=/bin/true\\n"}]
"""
_PAUSED = """
apiVersion: machineconfiguration.alauda.io/v1alpha1
kind: MachineConfigPool
metadata: {name: master}
spec:
  paused: true
  nodeSelector:
    matchExpressions: [{key: node-role.kubernetes.io/control-plane, operator: Exists}]
  machineConfigSelector: {matchLabels: {machineconfiguration.alauda.io/role: master}}
"""
_RESUMED = ("patch", "mcp", "master", "--type=merge", '--patch={"spec":{"paused":false}}')
_BUDGET = """
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: application, namespace: foreign}
spec: {minAvailable: 1, selector: {matchLabels: {app: application}}}
"""


@pytest.fixture
def stage(
    root: None, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stage]:
    """A lab of control plane nodes alone, where a controller has seen all in a paused pool."""
    del root
    folder = tmp_path_factory.mktemp("lab")
    with Lab(folder, workers=0, control_planes=request.param) as lab:
        lab.install()
        stage = Stage(lab, silent())
        stage.kubectl("apply", "--filename=-", stdin=_PAUSED + _CONFIG)
        stage.controller.start()
        stage.eventually(
            lambda: (
                stage.pool("master").get("status", {}).get("controlPlaneNodes") == request.param
            ),
            "all nodes are seen",
        )
        yield stage
        assert stage.controller.stop() == 0


@pytest.mark.parametrize("stage", [3], indirect=True)
def test_two_of_three_members_of_etcd_always_run(stage: Stage) -> None:
    lab = stage.lab
    boots = {name: lab.machine(name).boots() for name in _THREE}
    with _watched(lab) as running:
        lab.machine("cp-3").kill()
        stage.kubectl("delete", "node", "cp-3")
        stage.kubectl("delete", "pod", "--namespace=kube-system", "etcd-cp-3", "--ignore-not-found")
        stage.kubectl(*_RESUMED)
        stage.eventually(
            lambda: stage.condition("Updated", "master").get("reason") == "NeedsUser",
            "the others wait for the member that is lost",
        )
        message = stage.condition("Updated", "master")["message"]
        assert "1 of 3 control plane nodes is missing" in message
        assert "1 of 3 control plane nodes is missing" in kubectl_mc(lab, "plan", "cp-1").stdout

        lab.create_node("cp-3")
        lab.machine("cp-3").start()
        lab.machine("cp-3").wait_ready()
        stage.eventually(lambda: _is_updated(stage), "all three are updated")

    after = {name: lab.machine(name).boots() for name in _THREE}
    assert after == {
        "cp-1": boots["cp-1"] + 1,
        "cp-2": boots["cp-2"] + 1,
        "cp-3": boots["cp-3"] + 2,
    }
    assert min(running) >= 2


@pytest.mark.parametrize("stage", [1], indirect=True)
def test_one_node_is_updated_with_its_pods_on_it(stage: Stage) -> None:
    stage.kubectl("apply", "--filename=-", stdin=_BUDGET)
    pods, boots = _pods(stage), stage.lab.machine("cp-1").boots()
    stage.kubectl(*_RESUMED)
    plan = kubectl_mc(stage.lab, "plan", "master").stdout
    assert "note: one control plane node: the API server does not answer" in plan
    assert "note: one node is the whole cluster: its pods stay on it" in plan
    stage.eventually(lambda: _is_updated(stage), "the node is updated")

    assert stage.lab.machine("cp-1").boots() == boots + 1
    assert _pods(stage) == pods, "no pod was evicted, and no budget has blocked"


def _is_updated(stage: Stage) -> bool:
    return stage.condition("Updated", "master").get("status") == "True"


def _pods(stage: Stage) -> set[str]:
    """Return the uids of the pods that a drain would evict."""
    listed = stage.kubectl("get", "pods", "--namespace=foreign", "--output=json")
    return {each["metadata"]["uid"] for each in json.loads(listed)["items"]}


@contextmanager
def _watched(lab: Lab) -> Iterator[list[int]]:
    """Yield how many members run, looked at again and again meanwhile."""
    members = [urlsplit(lab.member(name)) for name in _THREE]
    running: list[int] = []
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(0.2):
            running.append(sum(_answers(each.hostname, each.port) for each in members))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield running
    finally:
        ended.set()
        watcher.join()


def _answers(host: str | None, port: int | None) -> bool:
    try:
        socket.create_connection((str(host), port or 0), timeout=1).close()
    except OSError:
        return False
    return True
