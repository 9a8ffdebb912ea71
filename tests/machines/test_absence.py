"""A controller that was away is no lock-out: when it is back, the same config is applied again."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from controller.api.defaults import POOLS
from controller.api.names import API_VERSION, WORKER
from tests.demo.stage import WORKERS, Stage
from tests.machines.configs import Json, file, ignition, worker_config

# Seconds; in that time a machine boots, and the controller is killed.
_TIMER = 12
_UNIT = {
    "name": "absence.service",
    "enabled": True,
    "contents": "[Service]\nType=oneshot\nExecStart=/bin/true\n"
    "[Install]\nWantedBy=multi-user.target\n",
}


def _machine_config() -> Json:
    return worker_config("70-absence", ignition(file("/etc/absence", "ours\n"), units=(_UNIT,)))


def _pool() -> Json:
    """Return the pool of workers, of which two are updated at once."""
    pool = next(each for each in POOLS if each.name == WORKER).to_api()
    return {**pool, "apiVersion": API_VERSION, "spec": {**pool["spec"], "maxUnavailable": 2}}


def _has_rolled_back(stage: Stage, node: str) -> bool:
    text = stage.sudo(node, "cat", "/var/lib/machine-config/record.json")
    return bool(text) and bool(json.loads(text)["reverted"])


def _lose_power(stage: Stage) -> None:
    """Switch off the control plane and all machines, and on again."""
    stage.lab.control_plane.kill()
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda name: stage.lab.machine(name).kill(), stage.lab.nodes))
    for name in stage.lab.nodes:
        stage.lab.machine(name).start()
    stage.lab.control_plane.start()


@pytest.fixture
def back(stage: Stage) -> Stage:
    """The controller is back, which was killed in the middle of the first update of two nodes.

    One of them had booted into the config, and has rolled back alone. The other one was off for
    longer than its timer. Then everything lost power.
    """
    for each in (_pool(), _machine_config()):
        stage.kubectl("apply", "--filename=-", stdin=json.dumps(each))
    boots = stage.boots()
    stage.controller.start(MACHINECONFIG_CONFIRM_TIMEOUT=str(_TIMER))
    stage.eventually(lambda: stage.boots() != boots, "a node boots into the config")
    stage.controller.kill()
    booted = next(node for node, count in stage.boots().items() if count != boots[node])
    other = next(node for node in WORKERS[:2] if node != booted)
    stage.lab.machine(other).kill()
    stage.eventually(lambda: _has_rolled_back(stage, booted), f"{booted} rolls back")
    _lose_power(stage)
    stage.controller.start()
    stage.rolled_out()
    return stage


def test_all_nodes_get_the_config_by_themselves(back: Stage) -> None:
    for node in WORKERS:
        assert back.sudo(node, "cat", "/etc/absence") == "ours\n"
        assert "unschedulable" not in back.node(node)["spec"]
        assert "unconfirmed" not in back.progress(node)
    events = back.kubectl("get", "events", "--output=jsonpath={.items[*].reason}").split()
    assert "Unconfirmed" in events, "it is told that nobody had confirmed"
    assert not {"LockedOut", "Failed"} & set(events), "nobody is locked out"
