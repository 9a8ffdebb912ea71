"""The default pools and MachineConfigs, which the controller creates if they are missing."""

from collections.abc import Iterable
from typing import Any, Final

from controller.api import names
from controller.api.machine_config import MachineConfig
from controller.api.machine_config_pool import MachineConfigPool


def _pool(role: str, *nodes: dict[str, Any]) -> MachineConfigPool:
    spec = {
        "machineConfigSelector": {"matchLabels": {names.ROLE_LABEL: role}},
        "nodeSelector": {"matchExpressions": list(nodes)},
    }
    return MachineConfigPool.model_validate({"metadata": {"name": role}, "spec": spec})


def _machine_config(role: str) -> MachineConfig:
    metadata = {"name": f"00-{role}", "labels": {names.ROLE_LABEL: role}}
    spec = {"config": {"ignition": {"version": "3.4.0"}}}
    return MachineConfig.model_validate({"metadata": metadata, "spec": spec})


def _label(key: str, operator: str) -> dict[str, Any]:
    return {"key": key, "operator": operator}


POOLS: Final = (
    _pool(names.MASTER, _label(names.CONTROL_PLANE_NODE_LABEL, "Exists")),
    # kubeadm does not label workers: a worker is every node outside the control plane.
    _pool(
        names.WORKER,
        _label(names.CONTROL_PLANE_NODE_LABEL, "DoesNotExist"),
        _label(names.MASTER_NODE_LABEL, "DoesNotExist"),
    ),
)
MACHINE_CONFIGS: Final = tuple(map(_machine_config, (names.MASTER, names.WORKER)))


def with_default_pools(given: Iterable[MachineConfigPool]) -> tuple[MachineConfigPool, ...]:
    """Return these pools, and the default pools that are not among them."""
    pools = tuple(given)
    names_given = {pool.name for pool in pools}
    return (*pools, *(each for each in POOLS if each.name not in names_given))
