"""The MachineConfigs of a pool, in the order of the merge."""

from collections.abc import Iterable, Iterator, Mapping

from controller.api import names
from controller.api.machine_config import MachineConfig
from controller.api.machine_config_pool import MachineConfigPool


def sources(
    pool: MachineConfigPool,
    pools: Iterable[MachineConfigPool],
    machine_configs: Iterable[MachineConfig],
) -> tuple[MachineConfig, ...]:
    """Return the MachineConfigs of `pool` in the order of the merge.

    A custom pool always inherits those of the worker pool: they come first, so that the pool's own
    settings win.
    """
    candidates = sorted(
        (each for each in machine_configs if not each.rendered),
        key=lambda each: each.metadata.name,
    )
    chosen = (_selected(each, candidates) for each in _selecting(pool, pools))
    return tuple({each.name: each for group in chosen for each in group}.values())


def selects(
    pool: MachineConfigPool, pools: Iterable[MachineConfigPool], labels: Mapping[str, str]
) -> bool:
    """Whether a MachineConfig with these labels is among the sources of `pool`."""
    selectors = (each.spec.machine_config_selector for each in _selecting(pool, pools))
    return any(each.matches(labels) for each in selectors)


def _selecting(
    pool: MachineConfigPool, pools: Iterable[MachineConfigPool]
) -> Iterator[MachineConfigPool]:
    """Yield the pools whose MachineConfigs this one renders, in the order of the merge."""
    if pool.name not in {names.MASTER, names.WORKER}:
        yield from (each for each in pools if each.name == names.WORKER)
    yield pool


def _selected(
    pool: MachineConfigPool, machine_configs: Iterable[MachineConfig]
) -> Iterator[MachineConfig]:
    selector = pool.spec.machine_config_selector
    return (each for each in machine_configs if selector.matches(each.metadata.labels))
