"""Clusters as the planner sees them."""

from dataclasses import replace
from typing import Any

from controller.api.defaults import with_default_pools
from controller.api.json_object import Json
from controller.api.machine_config import MachineConfig
from controller.api.machine_config_pool import MachineConfigPool, PoolConfiguration
from controller.planning.controller_state import ControllerState
from controller.planning.node import Node
from controller.planning.plan import plan
from controller.planning.snapshot import Snapshot
from tests.unit.cli.kubectl_mc.manifests import a_file, machine_config
from tests.unit.planning.build import NOW, OLD

CURRENT = machine_config("50-a", **a_file(source="data:,old%0A", mode=0o644))
CHANGED = machine_config("50-a", **a_file(source="data:,new%0A", mode=0o644))
FOR_MASTERS = machine_config("50-m", "master", **a_file(source="data:,new%0A", mode=0o644))

# For the control plane; a unit is changed, which requires a reboot.
REBOOTS = machine_config(
    "50-m", "master", systemd={"units": [{"name": "a.service", "contents": "[Service]\n"}]}
)


def snapshot(
    *nodes: Node,
    new: Json = CHANGED,
    masters: Json = FOR_MASTERS,
    **spec: Any,  # noqa: ANN401 - any member of a spec
) -> Snapshot:
    """Return a cluster whose pools have the target OLD, and MachineConfigs that replace it.

    `new` is the MachineConfig of the workers, `masters` that of the control plane, `spec` the
    fields of the workers' pool.
    """
    pools = (
        _on_old(each, spec if each.name == "worker" else {}) for each in with_default_pools(())
    )
    written = Snapshot(nodes, tuple(pools), tuple(map(_config, (new, masters))))
    rendered = (OLD, *_targets(written).values())
    configs = (_config({**CURRENT, "metadata": {"name": name}}) for name in rendered)
    return replace(written, machine_configs=(*written.machine_configs, *configs))


def target(pool: str = "worker") -> str:
    """Return the name of the rendered config that replaces OLD."""
    return _targets(snapshot())[pool]


def _targets(of: Snapshot) -> dict[str, str]:
    return {
        each.name: each.target for each in plan(of, ControllerState.unknown(), "boot", NOW).pools
    }


def _config(content: Json) -> MachineConfig:
    return MachineConfig.model_validate(content)


def _on_old(pool: MachineConfigPool, spec: Json) -> MachineConfigPool:
    changed = {"configuration": PoolConfiguration(name=OLD), **spec}
    return pool.model_copy(update={"spec": pool.spec.model_copy(update=changed)})
