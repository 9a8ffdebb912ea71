"""A node's next status, and the Event about it."""

from dataclasses import dataclass

from controller.api.machine_config_node import MachineConfigNodeStatus


@dataclass(frozen=True)
class Transition:
    """A node's next status, and the Event about it, if any."""

    status: MachineConfigNodeStatus
    event_reason: str
    message: str
    warning: bool = False
