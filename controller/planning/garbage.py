"""The rendered MachineConfigs that are no longer needed.

Targets and the configs of nodes are kept, and the newest few of each pool for users who look back.
Nothing depends on older ones: differences come from the records of the nodes.
"""

from collections import defaultdict
from collections.abc import Collection
from typing import Final

from controller.api.machine_config import MachineConfig
from controller.api.machine_config_pool import MachineConfigPool
from controller.api.names import RENDERED_PREFIX
from controller.planning.snapshot import Snapshot

KEPT: Final = 3


def unreferenced(snapshot: Snapshot, targets: Collection[str]) -> tuple[MachineConfig, ...]:
    """Return the configs to delete, oldest first; `targets` are those after this pass."""
    if snapshot.unreadable_of("Node"):
        return ()  # the configs of these nodes are unknown
    needed = {*targets, *_referred_to(snapshot)}
    # The targets of these pools are unknown.
    unreadable = {
        f"{RENDERED_PREFIX}{unreadable_object.name}" for unreadable_object in snapshot.unreadable
    }
    of_pool: dict[str, list[MachineConfig]] = defaultdict(list)
    for config in sorted(snapshot.machine_configs, key=_age):
        if config.rendered:
            of_pool[config.metadata.name.rpartition("-")[0]].append(config)
    return tuple(
        config
        for pool, configs in of_pool.items()
        if pool not in unreadable
        for config in configs[:-KEPT]
        if config.metadata.name not in needed
    )


def _referred_to(snapshot: Snapshot) -> set[str]:
    return set(snapshot.configs_of_nodes.union(*map(_of_pool, snapshot.pools)))


def _of_pool(pool: MachineConfigPool) -> set[str]:
    both = (pool.spec.configuration, pool.status.configuration)
    return {reference.name for reference in both if reference and reference.name}


def _age(config: MachineConfig) -> tuple[str, str]:
    created = config.metadata.creation_timestamp
    return created.isoformat() if created else "", config.metadata.name
