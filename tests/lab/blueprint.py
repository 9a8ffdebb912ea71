"""The parts of one lab, for its keeper and all commands."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from tests.lab.addresses import Addresses


@dataclass(frozen=True)
class Node:
    """A machine, and a node of the cluster if there is one."""

    name: str
    index: int
    suite: str

    @property
    def is_control_plane(self) -> bool:
        """Whether this node has the control-plane role and its taint."""
        return self.name.startswith("cp-")


def nodes_of(workers: int, control_planes: int = 1) -> tuple[Node, ...]:
    """Return control-plane nodes and workers, of which the last runs the newer Debian."""
    names = [
        *(f"cp-{number}" for number in range(1, control_planes + 1)),
        *(f"w-{number}" for number in range(1, workers + 1)),
    ]
    return tuple(
        Node(name, index, "trixie" if name == names[-1] else "bookworm")
        for index, name in enumerate(names)
    )


def one_of_each_debian() -> tuple[Node, ...]:
    """Return machines without a cluster, each named after its Debian release."""
    return tuple(Node(suite, index, suite) for index, suite in enumerate(("bookworm", "trixie")))


@dataclass(frozen=True)
class Blueprint:
    """One lab: its directory, its slot, its nodes, and the programs it runs.

    Without nodes it is a bare API server, without controllers. Without programs it is bare
    machines, without a cluster.
    """

    folder: Path
    slot: int
    nodes: tuple[Node, ...]
    binaries: Path | None
    images: dict[str, str]

    @property
    def addresses(self) -> Addresses:
        """The addresses of the lab."""
        return Addresses(self.slot)

    @property
    def control_plane_nodes(self) -> tuple[Node, ...]:
        """The control-plane nodes."""
        return tuple(node for node in self.nodes if node.is_control_plane)

    def has_member(self, node: Node) -> bool:
        """Whether the node has a member of etcd, as in a control plane of several nodes."""
        return node.is_control_plane and len(self.control_plane_nodes) > 1

    @property
    def certificates(self) -> Path:
        """The directory of keys and certificates."""
        return self.folder / "certificates"

    @property
    def logs(self) -> Path:
        """The directory of logs, which is kept when the lab is removed."""
        return self.folder / "logs"

    def machine(self, node: Node) -> Path:
        """Return the directory of one machine."""
        return self.folder / "machines" / node.name

    def save(self) -> None:
        """Write it to the file that the lab's other processes read."""
        binaries = self.binaries and str(self.binaries)
        fields = {**asdict(self), "folder": str(self.folder), "binaries": binaries}
        _file(self.folder).write_text(json.dumps(fields, indent=2))

    @classmethod
    def load(cls, folder: Path) -> Self | None:
        """Return the blueprint of the lab in this directory, if there is one."""
        try:
            fields = json.loads(_file(folder).read_text())
        except FileNotFoundError:
            return None
        return cls(
            folder=folder,
            slot=fields["slot"],
            nodes=tuple(Node(**node) for node in fields["nodes"]),
            binaries=Path(fields["binaries"]) if fields["binaries"] else None,
            images=fields["images"],
        )


def _file(folder: Path) -> Path:
    return folder / "lab.json"
