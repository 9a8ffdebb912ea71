"""The cluster at one moment, reduced to what decisions depend on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from controller.api.machine_config import MachineConfig
from controller.api.machine_config_pool import MachineConfigPool
from controller.api.machine_configuration import MachineConfiguration
from controller.planning.control_plane_facts import ControlPlaneFacts
from controller.planning.node import Node


class Part(StrEnum):
    """A part of the cluster that a pass can do without while it cannot be listed."""

    NODES = "the nodes"
    POLICY = "the MachineConfiguration"
    CONTROL_PLANE = "the pods of the control plane"
    API_SERVERS = "the endpoints of the API servers"
    CONTROLLERS = "the pods of the controller"


@dataclass(frozen=True)
class Unreadable:
    """An object that violates the schema of its kind."""

    kind: str
    name: str
    uid: str
    labels: Mapping[str, str]
    reason: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name} cannot be read: {self.reason}"


@dataclass(frozen=True)
class Snapshot:
    """All objects that a pass needs.

    `unreadable` are objects that are in no other field, since they cannot be parsed; `unavailable`
    are the parts of the cluster that could not be listed, and why. `control_plane` is None where
    there is none, or where the caller may not read it.
    """

    nodes: tuple[Node, ...] = ()
    pools: tuple[MachineConfigPool, ...] = ()
    machine_configs: tuple[MachineConfig, ...] = ()
    configuration: MachineConfiguration | None = None
    control_plane: ControlPlaneFacts | None = None
    # The nodes on which a replica of the controller is ready.
    controllers: frozenset[str] = frozenset()
    unreadable: tuple[Unreadable, ...] = ()
    unavailable: Mapping[Part, str] = field(default_factory=dict)

    def machine_config(self, name: str) -> MachineConfig | None:
        """Return the MachineConfig of this name."""
        return next(
            (config for config in self.machine_configs if config.metadata.name == name), None
        )

    def unreadable_of(self, kind: str) -> tuple[Unreadable, ...]:
        """Return the objects of a kind that cannot be parsed."""
        return tuple(unreadable for unreadable in self.unreadable if unreadable.kind == kind)

    @property
    def configs_of_nodes(self) -> frozenset[str]:
        """The names of the configs that nodes run, should run, or have in their annotations."""
        statuses = ((node, node.status) for node in self.nodes)
        return frozenset(
            name
            for node, status in statuses
            for name in (status.current_config, status.desired_config, node.annotated_config)
        )

    def pool(self, name: str) -> MachineConfigPool | None:
        """Return the pool of this name."""
        return next((pool for pool in self.pools if pool.metadata.name == name), None)
