"""The inventory of a run, from a Jinja2 template; names and addresses are proved first."""

import shlex
from collections.abc import Mapping
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from controller.api.addresses import is_host_name, is_ip_address
from controller.execution.protocol import Connection, Host


class AddressError(ValueError):
    """A node's name or address is none, so that nothing is sent anywhere."""


def inventory(hosts: Mapping[Host, Path], connection: Connection) -> str:
    """The inventory as YAML; `hosts` gives for each the file of its MachineConfig.

    Raises:
        AddressError: a name or an address has not the syntax of one.
    """
    for host in hosts:
        _prove(host)
    environment = Environment(
        loader=PackageLoader("controller.execution", "."),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 - YAML, and each value goes through tojson
        trim_blocks=True,
    )
    template = environment.get_template("inventory.yml.j2")
    return template.render(
        hosts=[
            {"node": host.node, "address": host.address, "file": str(file)}
            for host, file in hosts.items()
        ],
        options=_options(connection),
        connection=connection,
    )


def _options(connection: Connection) -> str:
    """Options of ssh: keys are checked strictly, against the node's name whatever its address."""
    options = ["StrictHostKeyChecking=yes", "ConnectTimeout=10", "ServerAliveInterval=10"]
    if connection.known_hosts:
        options.append(f"UserKnownHostsFile={connection.known_hosts}")
    return " ".join(f"-o {shlex.quote(option)}" for option in options)


def _prove(host: Host) -> None:
    if not is_host_name(host.node):
        raise AddressError(f"{host.node!r} is not a valid node name")
    if not is_ip_address(host.address) and not is_host_name(host.address):
        raise AddressError(f"{host.node}: {host.address!r} is not a valid address")
