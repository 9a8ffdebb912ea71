"""The settings by which the nodes of a pool are drained."""

from controller.api.drain import DrainSettings
from controller.api.machine_config_pool import MachineConfigPool
from controller.api.machine_configuration import MachineConfiguration


def drain_settings(
    pool: MachineConfigPool | None, configuration: MachineConfiguration | None
) -> DrainSettings:
    """Return the pool's own settings, completed by those of the MachineConfiguration."""
    layers = [layer.spec.drain for layer in (pool, configuration) if layer]
    return DrainSettings.of(*layers)
