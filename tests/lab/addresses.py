"""The addresses of a lab, chosen so that several labs can run in parallel.

A lab takes a slot, a small number that no other lab on this machine holds. All its ports and
loopback addresses are derived from it.
"""

import fcntl
import socket
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from tests.lab.cache import cache_folder
from tests.lab.report import LabError

_SLOTS = 100
# Above the well-known ports and below the kernel's ephemeral ports.
_FIRST_PORT = 20000
_PORTS_IN_A_SLOT = 100
_FIRST_KUBELET = 50


@dataclass(frozen=True)
class Addresses:
    """The addresses and ports of the lab in one slot."""

    slot: int

    @property
    def control_plane(self) -> str:
        """The loopback address of everything except the machines."""
        return f"127.77.{self.slot}.1"

    def machine(self, index: int) -> str:
        """The loopback address of a machine's sshd."""
        return f"127.77.{self.slot}.{10 + index}"

    def kubelet_port(self, index: int) -> int:
        """Return a unique port for each kubelet, since the machines share one network."""
        return self._port(_FIRST_KUBELET + index)

    @property
    def etcd(self) -> str:
        """The URL of etcd."""
        return f"https://{self.control_plane}:{self._port(0)}"

    @property
    def etcd_peers(self) -> str:
        """The URL on which etcd would talk to its peers."""
        return f"https://{self.control_plane}:{self._port(1)}"

    @property
    def api_server_port(self) -> int:
        """The port of the API server."""
        return self._port(2)

    @property
    def api_server(self) -> str:
        """The URL of the API server."""
        return f"https://{self.control_plane}:{self.api_server_port}"

    @property
    def controller_manager_port(self) -> int:
        """The port of kube-controller-manager."""
        return self._port(3)

    @property
    def scheduler_port(self) -> int:
        """The port of kube-scheduler."""
        return self._port(4)

    @property
    def member_port(self) -> int:
        """The client port of each member of etcd on a control plane node."""
        return self._port(5)

    def member_client(self, index: int) -> str:
        """Return the URL of the member on a machine."""
        return f"http://{self.machine(index)}:{self.member_port}"

    def member_peer(self, index: int) -> str:
        """Return the URL on which the member on a machine talks to the others."""
        return f"http://{self.machine(index)}:{self._port(6)}"

    @property
    def ssh_port(self) -> int:
        """The port of every sshd; 22 would clash with an sshd that listens on all addresses."""
        return self._port(22)

    def are_free(self, machines: int) -> bool:
        """Return whether nothing else on this machine listens on any of them."""
        wanted = [(self.control_plane, self._port(offset)) for offset in range(5)]
        for index in range(machines):
            wanted.append((self.machine(index), self.ssh_port))
            wanted.append(("127.0.0.1", self.kubelet_port(index)))
        return all(_is_free(address) for address in wanted)

    def _port(self, offset: int) -> int:
        return _FIRST_PORT + _PORTS_IN_A_SLOT * self.slot + offset


def take_slot(machines: int) -> tuple[Addresses, IO[str]]:
    """Return the first free slot, and the lock that holds it while any process has it open."""
    slots = cache_folder() / "slots"
    slots.mkdir(exist_ok=True)
    for number in range(_SLOTS):
        with ExitStack() as unless_taken:
            lock = unless_taken.enter_context(Path(slots / str(number)).open("w"))
            if _locks(lock) and Addresses(number).are_free(machines):
                unless_taken.pop_all()
                return Addresses(number), lock
    last = _FIRST_PORT + _SLOTS * _PORTS_IN_A_SLOT - 1
    raise LabError(
        f"No block of {_PORTS_IN_A_SLOT} ports between {_FIRST_PORT} and {last} is free",
        "List the listeners with: ss -ltnp; end labs with: make lab-down",
    )


def _locks(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_free(address: tuple[str, int]) -> bool:
    with socket.socket() as attempt:
        # Connections of a lab that has just ended do not count.
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            attempt.bind(address)
            attempt.listen()
        except OSError:
            return False
    return True
