"""Everything outside of this process that a pass depends on; the simulated cluster has it too."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from controller.api.event import Event
from controller.api.machine_config import MachineConfig
from controller.api.machine_config_node import MachineConfigNodeStatus
from controller.api.machine_config_pool import (
    MachineConfigPool,
    MachineConfigPoolStatus,
    PoolConfiguration,
)
from controller.api.machine_configuration import ClusterPolicies, MachineConfiguration
from controller.api.meta import Condition
from controller.planning.node import Node
from controller.planning.snapshot import Snapshot
from controller.rendering.render import Rendered


class Cluster(Protocol):
    """The API server; every method but the last two raises ClusterError."""

    def observe(self) -> Snapshot:
        """Return the cluster as it is now."""

    def write_node(self, node: Node, status: MachineConfigNodeStatus) -> None:
        """Write a node's status, and its copy in the Node's annotations."""

    def remove_new_node_taint(self, node: str) -> None:
        """Let pods be scheduled onto a node that is new no more."""

    def write_rendered(self, pool: MachineConfigPool, rendered: Rendered) -> None:
        """Create a rendered MachineConfig."""

    def write_target(self, pool: MachineConfigPool, configuration: PoolConfiguration) -> None:
        """Write a pool's target."""

    def write_pool_status(self, pool: MachineConfigPool, status: MachineConfigPoolStatus) -> None:
        """Write a pool's status."""

    def write_pool_conditions(self, pool: str, conditions: Sequence[Condition]) -> None:
        """Write the conditions of a pool whose spec is invalid."""

    def write_policies(
        self, configuration: MachineConfiguration, policies: ClusterPolicies
    ) -> None:
        """Write the merged disruption policies into the MachineConfiguration's status."""

    def delete_rendered(self, config: MachineConfig) -> None:
        """Delete a rendered MachineConfig."""

    def emit(self, event: Event) -> None:
        """Post an Event in the background; a failure is only logged."""

    def flush_events(self) -> None:
        """Wait a moment until the Events are posted."""


class Leadership(Protocol):
    """The Lease, by which one controller acts at a time."""

    # How often the Lease has changed hands: the fencing number of the runs of this leader.
    transitions: int
    # Whether this process stepped down last, and no other led before it was the leader again.
    stepped_down_in_vain: bool

    def held(self) -> bool:
        """Return whether this process is the leader at this moment."""

    def step_down(self) -> None:
        """Release the Lease, and leave another process the time to acquire it."""


Clock = Callable[[], datetime]
# Runs calls concurrently, waits for all of them, and raises the first error.
Concurrently = Callable[[Iterable[Callable[[], object]]], None]


@dataclass(frozen=True)
class Ports:
    """The ports of a pass; `wake` requests another pass soon."""

    cluster: Cluster
    leadership: Leadership
    clock: Clock
    concurrently: Concurrently
    wake: Callable[[], None]
