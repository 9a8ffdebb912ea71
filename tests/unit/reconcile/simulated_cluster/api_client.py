"""The cluster port of a pass, implemented over the simulated cluster."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

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
from controller.cluster.errors import ClusterError
from controller.planning.node import Node
from controller.planning.snapshot import Snapshot
from controller.rendering.render import Rendered
from tests.unit.reconcile.simulated_cluster.cluster import Cluster
from tests.unit.reconcile.simulated_cluster.invariants import Invariants
from tests.unit.reconcile.simulated_cluster.transcript import Transcript


@dataclass
class ApiClient:
    """What one process reads and writes; each write is seen by the invariants and the story."""

    cluster: Cluster
    invariants: Invariants
    transcript: Transcript
    # Called before the status of a pool is written, when the pool's decisions are carried out.
    pool_done: Callable[[str], None]

    def observe(self) -> Snapshot:
        """Return the cluster as it is now."""
        self._demand()
        return self.cluster.snapshot()

    def write_node(self, node: Node, status: MachineConfigNodeStatus) -> None:
        """Write a node's status."""
        self.cluster.before_write.pop(node.name, lambda: None)()
        self._demand(node.name)
        if status.attempt and status.attempt != node.status.attempt:
            self.invariants.targeted(node, status)
        self.cluster.statuses[node.uid] = status

    def remove_new_node_taint(self, node: str) -> None:
        """Remove the taint of new nodes."""
        self._demand(node)
        self.cluster.machines[node].tainted = False

    def write_rendered(self, pool: MachineConfigPool, rendered: Rendered) -> None:
        """Create a rendered MachineConfig."""
        self._demand(pool.name)
        self.cluster.rendered.add(rendered.name)

    def write_target(self, pool: MachineConfigPool, configuration: PoolConfiguration) -> None:
        """Write a pool's target."""
        self._demand(pool.name)
        self.cluster.change_pool(pool.name, configuration=configuration)

    def write_pool_status(self, pool: MachineConfigPool, status: MachineConfigPoolStatus) -> None:
        """Write a pool's status."""
        self._demand(pool.name)
        self.pool_done(pool.name)
        now = self.cluster.pools[pool.name]
        self.cluster.pools[pool.name] = now.model_copy(update={"status": status})
        self.transcript.conditions(pool.name, status)

    def write_pool_conditions(self, pool: str, conditions: Sequence[Condition]) -> None:
        """Write the conditions of an invalid pool, of which no story has any."""
        raise AssertionError(pool, conditions)

    def write_policies(
        self, configuration: MachineConfiguration, policies: ClusterPolicies
    ) -> None:
        """Write the merged disruption policies, which no story has."""
        raise AssertionError(configuration, policies)

    def delete_rendered(self, config: MachineConfig) -> None:
        """Delete a rendered MachineConfig."""
        self.cluster.rendered.discard(config.name)

    def emit(self, event: Event) -> None:
        """Put an Event into the transcript."""
        self.transcript.event(event)

    def flush_events(self) -> None:
        """Return at once: all Events are in the transcript."""

    def _demand(self, name: str = "") -> None:
        if name in self.cluster.refused or not self.cluster.available:
            raise ClusterError("etcd has no leader")
