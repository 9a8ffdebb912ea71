"""A forged fencing number affects only its own node, also after etcd is restored."""

import json

from controller.api.names import NAMESPACE
from tests.demo.stage import Stage
from tests.machines.configs import file, ignition

_GROUP = "machineconfiguration.alauda.io"
_LEASE = ("lease", "machine-config-controller", f"--namespace={NAMESPACE}")
_RECORD = "/var/lib/machine-config/record.json"
_LIE = 2**30 - 2


def test_a_forged_fencing_number_affects_only_its_node(stage: Stage) -> None:
    stage.controller.start()
    stage.rolled_out()
    leader = _lease(stage)
    _say(stage, "w-1", _LIE)

    _roll_out(stage, "1")

    assert _number(stage, "w-1") > _LIE
    assert [_lease(stage), _number(stage, "w-2"), _number(stage, "w-3")] == [leader] * 3

    # From here on, the numbers in all records are above that of the Lease.
    assert stage.controller.stop() == 0
    stage.kubectl("delete", *_LEASE)
    for node in ("w-2", "w-3"):
        _say(stage, node, leader + 50)
    stage.controller.start()

    _roll_out(stage, "2")

    assert _lease(stage) == 1
    assert [_number(stage, node) for node in ("w-2", "w-3")] == [leader + 51] * 2


def _roll_out(stage: Stage, text: str) -> None:
    before = stage.target()
    metadata = {"name": "60-lies", "labels": {f"{_GROUP}/role": "worker"}}
    about = {"apiVersion": f"{_GROUP}/v1alpha1", "kind": "MachineConfig", "metadata": metadata}
    body = {**about, "spec": {"config": ignition(file("/etc/lies", text))}}
    stage.kubectl("apply", "--filename=-", stdin=json.dumps(body))
    stage.rolled_out(beyond=before)


def _say(stage: Stage, node: str, number: int) -> None:
    stage.sudo(node, "sed", "-i", f's/"fence": [0-9]*/"fence": {number}/', _RECORD)
    assert _number(stage, node) == number


def _number(stage: Stage, node: str) -> int:
    return int(json.loads(stage.sudo(node, "cat", _RECORD))["fence"])


def _lease(stage: Stage) -> int:
    lease = json.loads(stage.kubectl("get", *_LEASE, "--output=json"))
    return int(lease["spec"]["leaseTransitions"])
