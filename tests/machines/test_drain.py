"""A drain reports its blockers, continues when they are fixed, and ends if they are not.

The kubelets, the evictions and the budgets are real.
"""

import json
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from tests.demo.stage import Stage
from tests.lab import Lab
from tests.machines.conftest import playing
from tests.machines.kubectl_mc import kubectl_mc

Json = dict[str, Any]

_PODS = Path(__file__).parent / "drain.yaml"
_GREETING = Path(__file__).parents[2] / "docs" / "examples" / "20-greeting.yaml"
_OURS = "--namespace=drained"
_UNSCHEDULABLE = ("node", "w-3", "--output=jsonpath={.spec.unschedulable}{'\\n'}")
# A pool with w-3 only, so that the other workers are not involved.
_POOL = """
apiVersion: machineconfiguration.alauda.io/v1alpha1
kind: MachineConfigPool
metadata: {name: drained}
spec:
  nodeSelector: {matchLabels: {drained: ""}}
  machineConfigSelector: {matchLabels: {machineconfiguration.alauda.io/role: drained}}
  drain:
    rules:
      - {podSelector: {matchLabels: {app: batch}}, behavior: WaitCompleted}
      - {podSelector: {matchLabels: {app: database}}, behavior: Drain, order: 10}
"""
_NO_FINALIZERS = '{"metadata":{"finalizers":null}}'
_CAUSES = {
    "guarded": "PodDisruptionBudget",
    "unready": "PodNotReady",
    "twice": "SeveralPodDisruptionBudgets",
    "held": "Finalizer",
    "slow": "GracePeriod",
    "batch": "WaitCompleted",
}


@pytest.fixture
def drained(lab: Lab) -> Iterator[Stage]:
    """A controller with short retries, and w-3 with the pods in a pool of its own."""
    with playing(lab) as stage:
        stage.kubectl("apply", "--filename=-", stdin=_POOL)
        stage.kubectl("label", "nodes", "w-3", "drained=")
        stage.kubectl("create", "namespace", "drained")
        stage.kubectl("wait", _OURS, "serviceaccount/default", "--for=create")
        stage.kubectl("apply", f"--filename={_PODS}")
        stage.kubectl("wait", _OURS, "pods", "--all", "--for=jsonpath={.status.phase}=Running")
        stage.controller.start(MACHINECONFIG_FAILURE_RETRY="4", MACHINECONFIG_RESYNC_INTERVAL="3")
        stage.eventually(lambda: stage.progress("w-3").get("pool") == "drained", "w-3 is there")
        stage.eventually(lambda: stage.annotation("w-3", "state") == "Done", "and settled")
        yield stage
        stage.kubectl("patch", _OURS, "pod/held", f"--patch={_NO_FINALIZERS}", check=False)
        stage.kubectl("delete", "namespace", "drained", "--wait=false")
        stage.kubectl("delete", _OURS, "pods", "--all", "--force", "--grace-period=0")
        stage.kubectl("label", "nodes", "w-3", "drained-")


def test_blockers_are_predicted_and_reported_and_each_remedy_lets_the_drain_continue(
    drained: Stage, tmp_path: Path
) -> None:
    greeting = _GREETING.read_text().replace("role: worker", "role: drained")
    file = tmp_path / "greeting.yaml"
    file.write_text(greeting)
    foreseen = json.loads(mc(drained, "plan", "drained", f"--filename={file}", "-o", "json"))
    [pool] = foreseen["pools"]
    [node] = pool["nodes"]
    assert by_pod(node["drain"]["blockers"]) == _CAUSES
    assert "its emptyDir data (cache) is lost" in mc(drained, "plan", "-f", str(file))
    with drained.watching(*_UNSCHEDULABLE) as cordons:
        drain(drained, emptyDirData="Block")
        drained.kubectl("apply", f"--filename={file}")

        drained.eventually(lambda: "EmptyDirData" in reasons(drained).values(), "data blocks")
        assert set(reasons(drained).values()) == {"EmptyDirData"}
        assert "set drain.emptyDirData: Delete" in mc(drained, "status", "w-3")
        drain(drained, emptyDirData="Delete")
        drained.eventually(lambda: reasons(drained) == _CAUSES, "every other cause is named")
        page = mc(drained, "status", "w-3")
        for each in drained.progress("w-3")["blockedBy"]:
            assert f"{each['pod']} (" in page
            assert each["remedy"] in page
        there = drained.kubectl("get", _OURS, "pods", "--output=name").split()
        assert "pod/scratch" not in there
        assert "pod/database" in there, "its order has not come"
        follow_the_remedies(drained)
        # The kubelet does not interrupt the preStop hook for the shorter grace period.
        drained.eventually(lambda: reasons(drained) == {"slow": "NotEnded"}, "only one is left")
        drained.kubectl("delete", _OURS, "pod", "slow", "--force", "--grace-period=0")
        drained.eventually(lambda: is_updated(drained), "every pod is gone, and the node is there")

    times = [cordoned for cordoned, _ in groupby("true" in line for line in cordons)]
    assert times.count(True) == 1, "nothing comes back onto the node between two attempts"
    _uncordon_after_the_timeout(drained)


def _uncordon_after_the_timeout(stage: Stage) -> None:
    """With a budget that is never met, uncordon at once, or after the timeout, and retry."""
    boots, before = stage.boots(), stage.annotation("w-3", "currentConfig")
    guard(stage)
    drain(stage, onBlocked="GiveBack")
    stage.kubectl("delete", "machineconfig", "20-greeting")
    first = uncordoned(stage, after="")
    drain(stage, onBlocked="Wait", timeout="3s")
    stage.eventually(lambda: stage.node("w-3")["spec"].get("unschedulable"), "the drain is retried")
    uncordoned(stage, after=first)
    assert stage.boots() == boots, "nothing was applied"
    assert stage.annotation("w-3", "currentConfig") == before
    stage.kubectl("delete", _OURS, "pdb", "guarded")
    stage.eventually(lambda: is_updated(stage), "the node is updated")
    assert not stage.node("w-3")["spec"].get("unschedulable")
    assert not stage.progress("w-3")["blockedBy"]


def uncordoned(stage: Stage, *, after: str) -> str:
    """Wait until the node is uncordoned after that time, and return when it was."""

    def failed() -> str:
        found: str = (stage.progress("w-3").get("lastFailure") or {}).get("time", "")
        return found if found > after else ""

    stage.eventually(failed, "the node is uncordoned")
    status = stage.progress("w-3")
    assert status["state"] == "Degraded"
    assert status["lastFailure"]["phase"] == "Drain"
    assert [each["reason"] for each in status["blockedBy"]] == ["PodDisruptionBudget"]
    assert not stage.node("w-3")["spec"].get("unschedulable")
    return failed()


def follow_the_remedies(stage: Stage) -> None:
    """Apply the remedy of each blocker."""
    stage.kubectl("patch", _OURS, "pdb/guarded", "--patch", '{"spec":{"minAvailable":0}}')
    policy = '{"spec":{"unhealthyPodEvictionPolicy":"AlwaysAllow"}}'
    stage.kubectl("patch", _OURS, "pdb/unready", "--patch", policy)
    stage.kubectl("delete", _OURS, "pdb", "twice-2")
    stage.kubectl("patch", _OURS, "pod/held", f"--patch={_NO_FINALIZERS}")
    stage.kubectl("delete", _OURS, "pod", "batch")
    drain(stage, gracePeriodSeconds=1)


def guard(stage: Stage) -> None:
    """Run a pod on the node again that may not be evicted."""
    stage.kubectl("patch", _OURS, "pdb/guarded", "--patch", '{"spec":{"minAvailable":1}}')
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "guarded", "namespace": "drained", "labels": {"app": "guarded"}},
        "spec": {
            "nodeName": "w-3",
            "terminationGracePeriodSeconds": 1,
            "containers": [{"name": "main", "image": "registry.example.com/main:1"}],
        },
    }
    stage.kubectl("create", "--filename=-", stdin=json.dumps(pod))
    stage.kubectl("wait", _OURS, "pod/guarded", "--for=condition=Ready")


def is_updated(stage: Stage) -> bool:
    """Return whether w-3 runs its pool's target."""
    return bool(stage.condition("Updated", "drained")["status"] == "True")


def drain(stage: Stage, **settings: object) -> None:
    """Change the pool's drain settings."""
    patch = json.dumps({"spec": {"drain": settings}})
    stage.kubectl("patch", "mcp", "drained", "--type=merge", f"--patch={patch}")


def reasons(stage: Stage) -> dict[str, str]:
    """Return the reasons why the drain of w-3 waits, by pod."""
    return by_pod(stage.progress("w-3").get("blockedBy") or [])


def by_pod(blockers: list[Json]) -> dict[str, str]:
    """Return the reasons of these blockers by pod."""
    return {each["pod"].rpartition("/")[2]: each.get("reason", "") for each in blockers}


def mc(stage: Stage, *words: str) -> str:
    """Run `kubectl mc` as the administrator, and return what it prints."""
    return kubectl_mc(stage.lab, *words, check=True).stdout
