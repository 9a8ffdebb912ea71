"""Objects of the API server are parsed to models, and models are written as objects."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from controller.api.machine_config import MachineConfig
from controller.api.machine_config_node import MachineConfigNode, MachineConfigNodeStatus, NodeState
from controller.api.machine_config_pool import MachineConfigPool
from controller.api.machine_configuration import ActionType, MachineConfiguration
from controller.api.names import API_VERSION

METADATA = {
    "name": "worker",
    "uid": "0b3e",
    "resourceVersion": "42",
    "generation": 3,
    "creationTimestamp": "2026-01-02T03:04:05Z",
    "labels": {"a": "b"},
    "managedFields": [{"manager": "kubectl", "fieldsV1": {"f:spec": {}}}],
}


def test_unknown_metadata_is_ignored() -> None:
    pool = MachineConfigPool.model_validate(
        {"apiVersion": API_VERSION, "kind": "MachineConfigPool", "metadata": METADATA, "spec": {}}
    )
    assert pool.name == "worker"
    assert pool.metadata.generation == 3
    assert "managedFields" not in pool.to_api()["metadata"]


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"kind": "MachineConfig"}, id="another kind"),
        pytest.param({"apiVersion": "machineconfiguration.openshift.io/v1"}, id="another group"),
    ],
)
def test_an_object_of_another_kind_or_group_is_refused(other: dict[str, str]) -> None:
    pool = {"apiVersion": API_VERSION, "kind": "MachineConfigPool", "metadata": METADATA}
    with pytest.raises(ValidationError):
        MachineConfigPool.model_validate({**pool, "spec": {}, **other})


def test_a_model_is_immutable() -> None:
    status = MachineConfigNodeStatus(state=NodeState.DONE)
    with pytest.raises(ValidationError):
        status.state = NodeState.WORKING


def test_an_ignition_config_is_kept_unchanged_with_its_nulls() -> None:
    config = {"ignition": {"version": "3.4.0", "proxy": None}, "Storage": {"files": [{"mode": 0}]}}
    thing = MachineConfig.model_validate({"metadata": METADATA, "spec": {"config": config}})
    assert thing.to_api()["spec"]["config"] == config


def test_a_rendered_machine_config_is_recognized_by_its_name() -> None:
    assert MachineConfig.model_validate({"metadata": {"name": "rendered-worker-1"}}).rendered
    assert not MachineConfig.model_validate({"metadata": {"name": "50-worker"}}).rendered


def test_an_empty_pool_has_the_defaults() -> None:
    spec = MachineConfigPool.model_validate({"metadata": METADATA, "spec": {}}).spec
    assert spec.max_unavailable == 1
    assert not spec.paused
    assert spec.node_selector.empty
    assert spec.machine_config_selector.empty


def test_a_status_has_the_field_names_of_the_api() -> None:
    status: dict[str, Any] = {
        "pool": "worker",
        "state": "Degraded",
        "phase": "Drain",
        "phaseSince": "2026-01-02T03:04:05Z",
        "currentConfig": "rendered-worker-1",
        "desiredConfig": "rendered-worker-2",
        "reason": "Drain: blocked",
        "attempt": "2026-01-02T03:04:05.000000Z",
        "again": False,
        "drainingSince": "2026-01-02T03:04:05Z",
        "applied": False,
        "unproven": False,
        "downBefore": False,
        "bootID": "8a1b",
        "machineID": "5f0c",
        "fenceOffset": 7,
        "cordonMark": "4f1c",
        "answered": {"check": "1", "recover": "", "withoutQuorum": ""},
        "podsBeforeBoot": ["etcd-c-1/1"],
        "blockedBy": [
            {
                "pod": "a/b",
                "podDisruptionBudget": "a/c",
                "reason": "PodDisruptionBudget",
                "message": "no",
                "remedy": "scale it up",
            }
        ],
        "drift": [{"path": "/etc/a", "kind": "mode"}],
        "unreturned": [{"name": "/etc/b", "cause": "somebody has changed it", "remedy": "look"}],
        "lastFailure": {
            "config": "rendered-worker-2",
            "phase": "Apply",
            "cause": "disk full",
            "remedy": "make room",
            "time": "2026-01-02T03:04:05Z",
            "count": 2,
        },
        "conditions": [],
    }
    node = MachineConfigNode.model_validate({"metadata": METADATA, "status": status})
    assert node.status.to_api() == status


def test_a_policy_is_read_with_its_actions_in_order() -> None:
    actions = [{"type": "DaemonReload"}, {"type": "Restart", "restart": {"serviceName": "a.timer"}}]
    policy = MachineConfiguration.model_validate(
        {
            "metadata": {"name": "cluster"},
            "spec": {"nodeDisruptionPolicy": {"files": [{"path": "/etc/a", "actions": actions}]}},
        }
    ).spec.node_disruption_policy
    assert [action.type for action in policy.files[0].actions] == [
        ActionType.DAEMON_RELOAD,
        ActionType.RESTART,
    ]
    assert policy.to_api()["files"] == [{"path": "/etc/a", "actions": actions}]
