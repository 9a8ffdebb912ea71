"""A controller that was away is no lock-out: when it is back, the same config is applied again."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.demo.stage import WORKERS, Stage
from tests.machines.configs import Json, file, ignition

# Seconds; in that time the machine boots, and the controller is killed.
_TIMER = 12
_UNIT = {
    "name": "absence.service",
    "enabled": True,
    "contents": "[Service]\nType=oneshot\nExecStart=/bin/true\n"
    "[Install]\nWantedBy=multi-user.target\n",
}


def _machine_config() -> Json:
    return {
        "apiVersion": "machineconfiguration.alauda.io/v1alpha1",
        "kind": "MachineConfig",
        "metadata": {
            "name": "70-absence",
            "labels": {"machineconfiguration.alauda.io/role": "worker"},
        },
        "spec": {"config": ignition(file("/etc/absence", "ours\n"), units=(_UNIT,))},
    }


def _rolled_back(stage: Stage, node: str) -> bool:
    text = stage.sudo(node, "cat", "/var/lib/machine-config/record.json")
    return bool(text) and bool(json.loads(text)["reverted"])


def _lose_power(stage: Stage) -> None:
    """Switch off the machines and the control plane; what is off already stays so."""
    stage.lab.control_plane.kill()
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda name: stage.lab.machine(name).kill(), stage.lab.nodes))


def _have_power(stage: Stage) -> None:
    for name in stage.lab.nodes:
        stage.lab.machine(name).start()
    stage.lab.control_plane.start()


@pytest.fixture
def back(stage: Stage) -> Stage:
    """The controller is back, which was killed in the middle of an update of two nodes.

    One of them had booted into the config, and has rolled back alone. The other one was off for
    longer than its timer. Then everything lost power.
    """
    controller = stage.controller
    controller.start(MACHINECONFIG_CONFIRM_TIMEOUT=str(_TIMER))
    stage.rolled_out()
    before, boots = stage.target(), stage.boots()
    patch = json.dumps({"spec": {"maxUnavailable": 2}})
    stage.kubectl("patch", "machineconfigpool", "worker", "--type=merge", f"--patch={patch}")
    stage.kubectl("apply", "--filename=-", stdin=json.dumps(_machine_config()))
    stage.eventually(lambda: stage.boots()["w-1"] > boots["w-1"], "w-1 boots into the config")
    controller.kill()
    stage.lab.machine("w-2").kill()
    stage.eventually(lambda: _rolled_back(stage, "w-1"), "w-1 rolls back")
    _lose_power(stage)
    _have_power(stage)
    controller.start()
    stage.rolled_out(beyond=before)
    return stage


def test_all_nodes_get_the_config_by_themselves(back: Stage) -> None:
    for node in WORKERS:
        assert back.sudo(node, "cat", "/etc/absence") == "ours\n"
        assert "unschedulable" not in back.node(node)["spec"]
        assert "unconfirmed" not in back.progress(node)
    events = back.kubectl("get", "events", "--output=jsonpath={.items[*].reason}").split()
    assert "Unconfirmed" in events, "it is told that nobody had confirmed"
    assert not {"LockedOut", "Failed"} & set(events), "nobody is locked out"
