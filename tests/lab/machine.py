"""One machine: a real init on its own root, started and ended by the lab's keeper.

Its root is an overlay: the machine writes to its own directory and reads the shared image below. So
a new machine needs no copy, and a reset empties a directory.
"""

import os
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import IO

from tests.lab import cgroup, etcd_member, kubelet, ssh
from tests.lab.blueprint import Blueprint, Node
from tests.lab.kubeconfig import with_certificate
from tests.lab.report import LabError

# The exit status by which systemd-nspawn requests a restart of the machine.
REBOOT = 133
_ADMIN = 1000
# A machine's init outlives a killed systemd-nspawn, unless that is the first process of a
# namespace; and that one dies with its parent, so with the keeper.
_WITH_ALL_ITS_PROCESSES = (
    *("setpriv", "--pdeathsig=KILL"),
    *("unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"),
)


def prepare(blueprint: Blueprint, node: Node) -> None:
    """Prepare everything that is kept when the machine is reset."""
    folder = blueprint.machine(node)
    (folder / "machine-id").write_text(os.urandom(16).hex() + "\n")


def forget(blueprint: Blueprint, node: Node) -> None:
    """Delete everything that the machine, which is off, has written."""
    for part in ("upper", "work"):
        with suppress(FileNotFoundError):
            shutil.rmtree(blueprint.machine(node) / part)


def start(blueprint: Blueprint, node: Node, log: IO[bytes]) -> "subprocess.Popen[bytes]":
    """Start the machine. Its mounts are visible only to the calling process and its children."""
    root = _mounted_root(blueprint, node)
    name = f"lab{blueprint.slot}-{node.name}"
    # A kubelet has to reach the API server, so a node of a cluster shares the host's network. Any
    # other machine has its own network, with kernel parameters and packet filters.
    own_network = not blueprint.binaries
    command = [
        *_WITH_ALL_ITS_PROCESSES,
        *(["--net"] if own_network else []),
        "--",
        "systemd-nspawn",
        "--quiet",
        "--boot",
        f"--directory={root}",
        f"--machine={name}",
        f"--hostname={node.name}",
        "--register=no",
        "--keep-unit",
        "--console=read-only",
        "--settings=no",
        "--link-journal=no",
        "--resolv-conf=off",
        "--timezone=off",
    ]
    if blueprint.binaries:
        command.append(f"--bind-ro={blueprint.binaries}/kubelet:{kubelet.PROGRAM}")
    if blueprint.has_member(node):
        command.append(f"--bind-ro={blueprint.binaries}/etcd:{etcd_member.PROGRAM}")
    # Debian's newer systemd refuses the older hierarchies.
    environment = {**os.environ, "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"}
    if own_network:
        command.append("--capability=CAP_NET_ADMIN")
        environment["SYSTEMD_NSPAWN_API_VFS_WRITABLE"] = "network"
    with boots(blueprint, node).open("a", encoding="utf-8") as counted:
        counted.write("boot\n")
    with cgroup.entered(_group(blueprint, node)):
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment
        )


def boots(blueprint: Blueprint, node: Node) -> Path:
    """Return the file with a line for each start of the machine, which a reboot cannot hide."""
    return blueprint.machine(node) / "boots"


def clean_up(blueprint: Blueprint, node: Node) -> None:
    """Remove what an ended machine leaves outside its directory."""
    remove_group(blueprint, node)
    subprocess.run(["umount", "--lazy", blueprint.machine(node) / "root"], check=True)


def remove_group(blueprint: Blueprint, node: Node) -> None:
    """Wait until the last of its processes is gone, and remove their control group."""
    cgroup.remove(_group(blueprint, node))


def _group(blueprint: Blueprint, node: Node) -> str:
    return f"machineconfig-lab-{blueprint.slot}/{node.name}"


def _mounted_root(blueprint: Blueprint, node: Node) -> Path:
    """Mount the machine's own directory over the image, with its identity in it."""
    folder = blueprint.machine(node)
    root, upper, work = (folder / part for part in ("root", "upper", "work"))
    pristine = not upper.exists()
    for part in (root, upper, work):
        part.mkdir(exist_ok=True)
    upper.chmod(0o755)
    options = f"lowerdir={blueprint.images[node.suite]},upperdir={upper},workdir={work}"
    mount = ["mount", "-t", "overlay", "-o", options, "overlay", str(root)]
    if subprocess.run(mount, check=False).returncode:
        raise LabError(
            f"No overlay can be mounted over {folder}",
            "Use a file system like ext4, xfs or tmpfs: LAB_DIR=/somewhere/else",
        )
    if pristine:
        _install_identity(blueprint, node, root)
    return root


def _install_identity(blueprint: Blueprint, node: Node, root: Path) -> None:
    """Turn the image into this machine: its name, its keys, and its kubelet if it is a node."""
    folder = blueprint.machine(node)
    address = blueprint.addresses.machine(node.index)
    _install(root / "etc/hostname", f"{node.name}\n")
    _install(root / "etc/hosts", f"127.0.0.1 localhost\n{address} {node.name}\n")
    _install(root / "etc/machine-id", (folder / "machine-id").read_text())
    _install(root / "etc/ssh/sshd_config.d/lab.conf", ssh.server_configuration(blueprint, node))
    host_key = "ssh_host_ed25519_key"
    _install(root / "etc/ssh" / host_key, (folder / host_key).read_text(), mode=0o600)
    _install(root / f"etc/ssh/{host_key}.pub", (folder / f"{host_key}.pub").read_text())
    keys = root / "home/admin/.ssh/authorized_keys"
    _install(keys, (blueprint.folder / "ssh_key.pub").read_text(), mode=0o600)
    os.chown(keys, _ADMIN, _ADMIN)
    if blueprint.binaries:
        _install_kubelet(blueprint, node, root)
    if blueprint.has_member(node):
        _install_member(blueprint, node, root)


def _install_kubelet(blueprint: Blueprint, node: Node, root: Path) -> None:
    _install(root / kubelet.KUBECONFIG[1:], with_certificate(blueprint, node.name), mode=0o600)
    _install_service(root, "kubelet.service", kubelet.unit(blueprint, node))


def _install_member(blueprint: Blueprint, node: Node, root: Path) -> None:
    manifest = root / etcd_member.STATIC_PODS[1:] / "etcd.json"
    _install(manifest, etcd_member.static_pod(blueprint, node))
    _install_service(root, "etcd.service", etcd_member.unit(blueprint, node))


def _install_service(root: Path, name: str, text: str) -> None:
    units = root / "etc/systemd/system"
    _install(units / name, text)
    (units / "multi-user.target.wants" / name).symlink_to(f"../{name}")


def _install(path: Path, text: str, mode: int = 0o644) -> None:
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)
