"""Which MachineConfigs a pool renders, and in which order."""

from collections.abc import Iterable, Iterator, Mapping

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
    chosen = (_selected(each, written) for each in _selecting(pool, pools))
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
    """The pools whose MachineConfigs this one has, in the order of the fold."""
    if pool.name not in {names.MASTER, names.WORKER}:
        yield from (each for each in pools if each.name == names.WORKER)
    yield pool


def _selected(
    pool: MachineConfigPool, machine_configs: Iterable[MachineConfig]
) -> Iterator[MachineConfig]:
    selector = pool.spec.machine_config_selector
    return (each for each in machine_configs if selector.matches(each.metadata.labels))
