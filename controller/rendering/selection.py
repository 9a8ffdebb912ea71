"""Which MachineConfigs a pool renders, and in which order."""

from collections.abc import Iterable

from controller.api import names
from controller.api.machine_config import MachineConfig
from controller.api.machine_config_pool import MachineConfigPool


def sources(
    pool: MachineConfigPool,
    pools: Iterable[MachineConfigPool],
    machine_configs: Iterable[MachineConfig],
) -> tuple[MachineConfig, ...]:
    """The MachineConfigs of `pool` in the order in which they are folded.

    A custom pool always inherits what the worker pool selects: that comes first, so that the
    pool's own settings win.
    """
    written = sorted(
        (each for each in machine_configs if not each.rendered),
        key=lambda each: each.metadata.name,
    )
    own = _selected(pool, written)
    if pool.metadata.name in {names.MASTER, names.WORKER}:
        return own
    workers = next((each for each in pools if each.metadata.name == names.WORKER), None)
    inherited = _selected(workers, written) if workers else ()
    known = {each.name for each in inherited}
    return (*inherited, *(each for each in own if each.name not in known))


def _selected(
    pool: MachineConfigPool, machine_configs: Iterable[MachineConfig]
) -> tuple[MachineConfig, ...]:
    selector = pool.spec.machine_config_selector
    return tuple(each for each in machine_configs if selector.matches(each.metadata.labels))
