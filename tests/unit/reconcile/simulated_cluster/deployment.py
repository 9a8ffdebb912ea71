"""The replicas of the controller, of which one leads."""

from collections.abc import Callable, Iterator
from typing import Final

from tests.unit.reconcile.simulated_cluster.cluster import Cluster
from tests.unit.reconcile.simulated_cluster.replica import Replica
from tests.unit.reconcile.simulated_cluster.world import World

_MANY: Final = 1000


class Deployment:
    """Replicas that compete for the Lease, which the first one acquires in the beginning."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.replicas: list[Replica] = []
        # The nodes whose replica is ready and never acquires the Lease.
        self.unresponsive: set[str] = set()
        self.start()

    def start(self, *nodes: str, parallel_runs: int = _MANY) -> None:
        """Start a replica on each node; one that runs on no node if none is given."""
        self._parallel_runs = parallel_runs
        self.cluster.controllers = nodes
        self.replicas = [Replica(self.world, node, parallel_runs) for node in nodes or ("",)]

    @property
    def cluster(self) -> Cluster:
        """The cluster."""
        return self.world.cluster

    @property
    def leader(self) -> Replica | None:
        """The replica that holds the Lease."""
        return next((each for each in self.replicas if each.leadership.held()), None)

    def kill(self) -> None:
        """Kill the leader, or a standby if there is no leader; a new replica takes its place."""
        if not self.replicas:
            return
        killed = self.leader or self.replicas[0]
        killed.kill()
        index = self.replicas.index(killed)
        self.replicas[index] = Replica(self.world, killed.node, self._parallel_runs)

    def go_away(self) -> None:
        """End all replicas, without others in their place."""
        for replica in self.replicas:
            replica.kill()
        self.replicas = []

    def come_back(self) -> None:
        """Start the replicas again that have gone."""
        if self.replicas:
            return
        self.start(*self.cluster.controllers, parallel_runs=self._parallel_runs)

    def lose_lease(self) -> None:
        """Keep the leader from renewing the Lease."""
        if leader := self.leader:
            leader.leadership.lose()
            leader.wake()

    def wake(self, after: Callable[[], int]) -> None:
        """Wake all replicas by an event of the cluster, each `after` some seconds."""
        for replica in self.replicas:
            replica.wake()
            replica.due = min(replica.due, self.world.clock.now + after())

    def move_runs(self) -> bool:
        """Let time pass for all runs; return whether any has moved."""
        moved = [replica.executor.move() for replica in self.replicas]
        return any(moved)

    def make_passes(self) -> None:
        """Let the Lease be acquired if it is free, and make the passes that are due."""
        # The replica that led longest ago comes first.
        by_turn = sorted(self.replicas, key=lambda each: each.leadership.transitions)
        for replica in filter(self._can_lead, by_turn):
            replica.acquire_lease()
        for replica in self.replicas:
            if replica.due <= self.world.clock.now:
                replica.make_pass()

    def next(self) -> Iterator[int]:
        """Return the times of the next passes, steps of runs and acquisitions of the Lease."""
        for replica in self.replicas:
            yield replica.due
            yield from (run.next for run in replica.executor.runs)
            acquires = replica.leadership.next
            if acquires is not None and self._can_lead(replica):
                yield acquires

    @property
    def is_quiet(self) -> bool:
        """Whether a replica leads, and none has a run, a requested pass or a node that waits."""
        return self.leader is not None and not any(each.is_busy for each in self.replicas)

    def _can_lead(self, replica: Replica) -> bool:
        return self.cluster.available and replica.node not in self.unresponsive
