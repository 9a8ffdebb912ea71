"""A failed config is not repeated on a node: one reboot and one drain, whoever retries."""

import json
from itertools import groupby
from typing import Any

from tests.demo.stage import Stage
from tests.machines.configs import Json, file, ignition, policy, restart, worker_config
from tests.machines.kubectl_mc import kubectl_mc
from tests.machines.playbook import play

_IMPATIENT = {"MACHINECONFIG_FAILURE_RETRY": "1", "MACHINECONFIG_RESYNC_INTERVAL": "2"}
_SPOILED = "/etc/retry-spoiled"
# The managed file is changed at each boot.
_SPOILER = {
    "name": "retry-spoiler.service",
    "enabled": True,
    "contents": f"[Service]\nType=oneshot\nExecStart=/bin/sh -c 'echo spoiled >> {_SPOILED}'\n"
    "[Install]\nWantedBy=multi-user.target\n",
}
_READ = "/etc/retry-read"
_PICKY = f"[Service]\nType=oneshot\nExecStart=/bin/grep old {_READ}\n"
_UNSCHEDULABLE = ("node", "w-1", "--output=jsonpath={.spec.unschedulable}{'\\n'}")


def test_a_config_that_fails_after_its_reboot_causes_no_other_reboot_whoever_retries(
    stage: Stage,
) -> None:
    stage.controller.start(**_IMPATIENT)
    stage.rolled_out()
    boots = stage.boots()["w-1"]
    spoils = ignition(file(_SPOILED, "as wanted\n"), units=(_SPOILER,))

    _apply(stage, spoils)
    stage.eventually(lambda: _failures(stage) >= 3, "w-1 has failed for the third time")
    reason = stage.annotation("w-1", "reason")
    rendered = json.loads(stage.kubectl("get", "mc", stage.target(), "--output=json"))
    assert stage.controller.stop() == 0
    by_hand = [play(stage.lab, "w-1", rendered) for _ in range(2)]

    assert f"Verify failed: these still differ after the apply: {_SPOILED}" in reason
    assert all(run.status == 2 and "still differ after the apply" in run.output for run in by_hand)
    assert not {"cordon", "drain", "apply", "reboot"} & {*by_hand[0].roles, *by_hand[1].roles}
    assert stage.boots()["w-1"] == boots + 1
    assert stage.node("w-1")["spec"]["unschedulable"], "it is not verified"
    again = play(stage.lab, "w-1", rendered, machineconfig_again=True)
    assert again.status == 0, again.output
    assert "apply" in again.roles, "it is requested by hand"
    assert stage.boots()["w-1"] == boots + 1, "the policy requires no action for the file"

    stage.controller.start(**_IMPATIENT)
    stage.kubectl("delete", "machineconfig", "60-retry")
    stage.eventually(lambda: stage.annotation("w-1", "state") == "Done", "w-1 is Done again")
    assert stage.boots()["w-1"] == boots + 2


def test_a_config_that_fails_after_its_drain_causes_no_other_drain_until_it_is_requested(
    stage: Stage,
) -> None:
    stage.lab.ssh("w-1", f"echo old | sudo tee {_READ}")
    stage.lab.ssh("w-1", "sudo tee /etc/systemd/system/retry-picky.service", stdin=_PICKY)
    stage.lab.ssh("w-1", "sudo systemctl daemon-reload")
    asks = policy(_READ, {"type": "Drain"}, restart("retry-picky.service"))
    stage.controller.start(**_IMPATIENT)
    stage.rolled_out()
    stage.kubectl("apply", "--filename=-", "--server-side", "--force-conflicts", stdin=_text(asks))

    with stage.watching(*_UNSCHEDULABLE) as cordons:
        _apply(stage, ignition(file(_READ, "new\n")))
        stage.eventually(lambda: _failures(stage) >= 3, "w-1 has failed for the third time")
        reason = stage.annotation("w-1", "reason")
        assert not stage.node("w-1")["spec"].get("unschedulable")

    assert reason.startswith("Preflight failed: this has failed here before, and nothing has")
    assert "retry-picky.service" in reason
    assert "kubectl mc recover" in reason
    times = [cordoned for cordoned, _ in groupby("true" in line for line in cordons)]
    assert times.count(True) == 1, "it was drained once"
    assert stage.sudo("w-1", "cat", _READ) == "old\n"

    stage.lab.ssh("w-1", "sudo sed -i s/old/new/ /etc/systemd/system/retry-picky.service")
    recovered = kubectl_mc(stage.lab, "recover", "w-1", "--yes")
    assert recovered.returncode == 0, recovered.stderr
    stage.eventually(lambda: stage.annotation("w-1", "state") == "Done", "w-1 is Done")
    assert stage.sudo("w-1", "cat", _READ) == "new\n"


def _apply(stage: Stage, config: Json) -> None:
    machine_config = worker_config("60-retry", config)
    stage.kubectl("apply", "--filename=-", stdin=_text(machine_config))


def _failures(stage: Stage) -> int:
    """Return how often in a row w-1 has failed in the same phase."""
    failure: dict[str, Any] = stage.progress("w-1").get("lastFailure") or {}
    return int(failure.get("count", 0))


def _text(content: Json) -> str:
    return json.dumps(content)
