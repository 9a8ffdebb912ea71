"""How each node is reached; all alike, by the settings."""

from controller.api.json_object import Json
from controller.execution.protocol import Connection, Host
from controller.planning.node import Node
from controller.settings import Settings


def host_of(node: Node, machine_config: Json, settings: Settings) -> Host:
    """Return the node as the host of a run with this MachineConfig."""
    connection = Connection(
        settings.ssh_user,
        settings.ssh_port,
        settings.ssh_key,
        settings.ssh_known_hosts,
        tuple(settings.python.split(",")),
    )
    return Host(node.name, node.address, machine_config, connection)
