"""What all processes of a story share."""

from dataclasses import dataclass
from random import Random

from tests.unit.reconcile.simulated_cluster.clock import Clock
from tests.unit.reconcile.simulated_cluster.cluster import Cluster
from tests.unit.reconcile.simulated_cluster.invariants import Invariants
from tests.unit.reconcile.simulated_cluster.lease import Lease
from tests.unit.reconcile.simulated_cluster.transcript import Transcript
from tests.unit.reconcile.simulated_cluster.update_run import Entered


@dataclass(frozen=True)
class World:
    """The cluster, its Lease, the transcript and the invariants.

    `entered` is called with each phase that a run enters. With `chance`, orders and durations are
    random where the real ones vary.
    """

    clock: Clock
    cluster: Cluster
    lease: Lease
    transcript: Transcript
    invariants: Invariants
    entered: Entered
    chance: Random | None
