"""The inventory of a run, from a Jinja2 template; names and addresses are validated first."""

import shlex
from collections.abc import Mapping
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from controller.api.addresses import is_host_name, is_ip_address
from controller.execution.protocol import Host


class AddressError(ValueError):
    """The name or address of a node is invalid; no run is started."""


def inventory(files: Mapping[Host, Path]) -> str:
    """Return the inventory as YAML; `files` has the file of each host's MachineConfig.

    Raises:
        AddressError: a name or an address is invalid.
    """
    for host in files:
        _validate(host)
    environment = Environment(
        loader=PackageLoader("controller.execution", "."),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 - YAML, and each value goes through tojson
        trim_blocks=True,
    )
    template = environment.get_template("inventory.yml.j2")
    return template.render(
        hosts=[(host, str(file), _ssh_options(host)) for host, file in files.items()]
    )


def _ssh_options(host: Host) -> str:
    """Return options of ssh: keys are checked against the node's name, whatever its address."""
    known_hosts = host.connection.known_hosts
    options = [
        f"HostKeyAlias={host.node}",
        "StrictHostKeyChecking=yes",
        "ConnectTimeout=10",
        "ServerAliveInterval=10",
        *([f"UserKnownHostsFile={known_hosts}"] if known_hosts else []),
    ]
    return " ".join(f"-o {shlex.quote(option)}" for option in options)


def _validate(host: Host) -> None:
    if not is_host_name(host.node):
        raise AddressError(f"{host.node!r} is not a valid node name")
    if not is_ip_address(host.address) and not is_host_name(host.address):
        raise AddressError(f"{host.node}: {host.address!r} is not a valid address")
