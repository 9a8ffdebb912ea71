"""Manual runs and the controller work together as docs/break-glass.md describes."""

import json
from collections import Counter
from typing import Any

from tests.demo.stage import Stage
from tests.machines.configs import Json, file, ignition, worker_config
from tests.machines.kubectl_mc import kubectl_mc
from tests.machines.playbook import play

_PATH = "/etc/by-hand"
_GROUP = "machineconfiguration.alauda.io"
# Preflight refuses it, since the user does not exist.
_OF_NOBODY = {**file("/etc/of-nobody", "x"), "user": {"name": "nobody-of-this-name"}}
# A pool that adds nothing to the worker pool's config.
_POOL = f"""
apiVersion: {_GROUP}/v1alpha1
kind: MachineConfigPool
metadata: {{name: other}}
spec:
  nodeSelector: {{matchLabels: {{other: ""}}}}
  machineConfigSelector: {{matchLabels: {{{_GROUP}/role: other}}}}
"""


def test_manual_runs_and_the_controller_work_together(stage: Stage) -> None:
    stage.lab.ssh("w-1", f"echo theirs | sudo tee {_PATH}")
    stage.controller.start()
    _apply(stage, ignition(file(_PATH, "ours\n")))
    stage.rolled_out()
    rendered = json.loads(stage.kubectl("get", "mc", stage.target(), "--output=json"))

    _restored_while_the_controller_is_away(stage, rendered)
    _changed_by_hand_and_kept_and_given_back(stage, rendered)
    _failed_before_anything_is_applied(stage, rendered)


def _restored_while_the_controller_is_away(stage: Stage, rendered: Json) -> None:
    """The controller does not update the node, and reports why, until it is updated by hand."""
    assert stage.controller.stop() == 0
    restored = play(stage.lab, "w-1", rendered, playbook="restore")
    assert restored.status == 0, restored.output
    assert stage.sudo("w-1", "cat", _PATH) == "theirs\n"
    stage.controller.start()
    stage.eventually(lambda: _looked_at(stage), "the controller says what it sees")
    _is_restored(stage, " (content)")

    # A request to recover it changes nothing, and is not counted as a failure.
    kubectl_mc(stage.lab, "recover", "w-1", "--yes", "--wait")
    _is_restored(stage)
    assert not stage.node("w-1")["spec"].get("unschedulable")
    assert stage.sudo("w-1", "cat", _PATH) == "theirs\n"

    # It is updated by hand again, and the next check finds that.
    taken_in = play(stage.lab, "w-1", rendered)
    assert taken_in.status == 0, taken_in.output
    checked = kubectl_mc(stage.lab, "check", "w-1")
    assert checked.returncode == 0, checked.stdout
    assert (stage.annotation("w-1", "state"), stage.annotation("w-1", "reason")) == ("Done", "")


def _changed_by_hand_and_kept_and_given_back(stage: Stage, rendered: Json) -> None:
    """A manual change stays when its MachineConfig is deleted; the original is kept."""
    stage.lab.ssh("w-1", f"echo changed | sudo tee {_PATH}")
    assert "/etc/by-hand" in kubectl_mc(stage.lab, "check", "w-1").stdout
    with_it = stage.target()
    stage.kubectl("delete", "machineconfig", "60-by-hand")
    stage.rolled_out(beyond=with_it)
    [left] = stage.progress("w-1")["unreturned"]
    assert left["name"] == _PATH
    assert "restore_paths" in left["remedy"]
    assert any(f"{_PATH} was not restored" in each for each in _events(stage, "w-1"))
    assert stage.sudo("w-1", "cat", _PATH) == "changed\n"

    # A later config of the path does not take the change for the original.
    without_it = stage.target()
    _apply(stage, ignition(file(_PATH, "ours again\n")))
    stage.rolled_out(beyond=without_it)
    assert stage.progress("w-1")["unreturned"] == []
    stage.lab.ssh("w-1", f"echo changed | sudo tee {_PATH}")
    assert kubectl_mc(stage.lab, "check", "w-1").returncode == 1
    with_it = stage.target()
    stage.kubectl("delete", "machineconfig", "60-by-hand")
    stage.rolled_out(beyond=with_it)

    # With its path it is restored, and the node stays Done.
    given_back = play(stage.lab, "w-1", rendered, playbook="restore", restore_paths=[_PATH])
    assert given_back.status == 0, given_back.output
    assert stage.sudo("w-1", "cat", _PATH) == "theirs\n"
    assert kubectl_mc(stage.lab, "check", "w-1").returncode == 0
    assert stage.progress("w-1")["unreturned"] == []


def _failed_before_anything_is_applied(stage: Stage, rendered: Json) -> None:
    """No cordon of a run is left, whichever run has set it."""
    assert stage.controller.stop() == 0
    cordoned = play(stage.lab, "w-1", rendered, playbook="cordon", cordon_wanted=True)
    assert cordoned.status == 0, cordoned.output
    assert stage.node("w-1")["spec"].get("unschedulable")
    failed = play(stage.lab, "w-1", ignition(_OF_NOBODY))
    assert failed.status == 2, failed.output
    assert "nobody-of-this-name" in failed.output
    assert not stage.node("w-1")["spec"].get("unschedulable")


def test_a_node_that_only_changes_its_pool_is_not_reported_as_changed_by_hand(
    stage: Stage,
) -> None:
    stage.controller.start(MACHINECONFIG_CHECK_INTERVAL="2")
    stage.rolled_out()
    # Other tests may have left Events of the node.
    before = Counter(_events(stage, "w-2"))
    with stage.watching("mcn", "w-2", "--output=jsonpath={.status.reason}{'\\n'}") as reasons:
        stage.kubectl("apply", "--filename=-", stdin=_POOL)
        stage.kubectl("label", "node", "w-2", "other=")
        stage.eventually(
            lambda: stage.progress("w-2")["currentConfig"].startswith("rendered-other-"),
            "w-2 is in the other pool",
        )
        checked = kubectl_mc(stage.lab, "check", "w-2")
        assert checked.returncode == 0, checked.stdout
        stage.kubectl("label", "node", "w-2", "other-")
        stage.kubectl("delete", "machineconfigpool", "other")
        stage.eventually(
            lambda: stage.progress("w-2")["currentConfig"].startswith("rendered-worker-"),
            "w-2 is back",
        )
        checked = kubectl_mc(stage.lab, "check", "w-2")
        assert checked.returncode == 0, checked.stdout

    reported = Counter(_events(stage, "w-2")) - before
    assert not [each for each in reported if "by hand" in each]
    assert not any("gone" in each for each in reasons)


def _looked_at(stage: Stage) -> bool:
    kubectl_mc(stage.lab, "check", "w-1")
    return stage.annotation("w-1", "state") == "Degraded"


def _is_restored(stage: Stage, way: str = "") -> None:
    """Assert that the reason has the user, the time and the remedy, without a failed update."""
    reason, status = stage.annotation("w-1", "reason"), stage.progress("w-1")
    assert "restored all originals by hand at 20" in reason
    assert "run playbooks/update.yml by hand to manage the node again" in reason
    assert f"{_PATH}{way}" in reason or not way
    assert "lastFailure" not in status
    assert status["state"] == "Degraded"


def _apply(stage: Stage, config: Json) -> None:
    machine_config = worker_config("60-by-hand", config)
    stage.kubectl("apply", "--filename=-", stdin=json.dumps(machine_config))


def _events(stage: Stage, node: str) -> list[str]:
    selector = f"--field-selector=involvedObject.name={node}"
    found: dict[str, Any] = json.loads(stage.kubectl("get", "events", selector, "--output=json"))
    return [each["message"] for each in found["items"]]
