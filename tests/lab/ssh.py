"""SSH into the machines as an administrator would set it up: one key, strict host keys."""

import subprocess
import sys
from pathlib import Path

from tests.lab.blueprint import Blueprint, Node

_DIAL = Path(__file__).with_name("dial.py")


def prepare(blueprint: Blueprint) -> None:
    """Create the lab's own key, a host key for each machine, and the client's configuration."""
    _make_key(blueprint.folder / "ssh_key", "lab")
    for node in blueprint.nodes:
        folder = blueprint.machine(node)
        folder.mkdir(parents=True)
        _make_key(folder / "ssh_host_ed25519_key", node.name)
    known = "".join(f"{node.name} {_public(blueprint, node)}\n" for node in blueprint.nodes)
    (blueprint.folder / "known_hosts").write_text(known)
    (blueprint.folder / "ssh_config").write_text(_configuration(blueprint))


def server_configuration(blueprint: Blueprint, node: Node) -> str:
    """Return the settings of a machine's sshd beside Debian's defaults."""
    return (
        f"ListenAddress {blueprint.addresses.machine(node.index)}\n"
        f"Port {blueprint.addresses.ssh_port}\n"
        "HostKey /etc/ssh/ssh_host_ed25519_key\n"
        # All connections of all tests come from one address.
        "MaxStartups 100\n"
    )


def _configuration(blueprint: Blueprint) -> str:
    """Return the client's configuration, by node name."""
    hosts = "".join(
        f"Host {node.name}\n"
        f"  HostName {blueprint.addresses.machine(node.index)}\n"
        f"  HostKeyAlias {node.name}\n"
        f"{_proxy_command(blueprint, node)}"
        for node in blueprint.nodes
    )
    return (
        f"{hosts}"
        "Host *\n"
        f"  Port {blueprint.addresses.ssh_port}\n"
        "  User admin\n"
        f'  IdentityFile "{blueprint.folder}/ssh_key"\n'
        "  IdentitiesOnly yes\n"
        f'  UserKnownHostsFile "{blueprint.folder}/known_hosts"\n'
        "  GlobalKnownHostsFile none\n"
        "  StrictHostKeyChecking yes\n"
        "  UpdateHostKeys no\n"
        "  BatchMode yes\n"
        "  ConnectTimeout 5\n"
    )


def _proxy_command(blueprint: Blueprint, node: Node) -> str:
    """Return how ssh connects to a machine that has a network of its own."""
    if blueprint.binaries:
        return ""
    # The keeper writes the ID of the machine's process to this file.
    process = f'$(cat "{blueprint.folder}/on/{node.name}")'
    dial = f'"{sys.executable}" -IS "{_DIAL}" %h %p'
    return f"  ProxyUseFdpass yes\n  ProxyCommand nsenter --net --target={process} -- {dial}\n"


def _public(blueprint: Blueprint, node: Node) -> str:
    return (blueprint.machine(node) / "ssh_host_ed25519_key.pub").read_text().strip()


def _make_key(path: Path, comment: str) -> None:
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", str(path)]
    subprocess.run(command, check=True)
