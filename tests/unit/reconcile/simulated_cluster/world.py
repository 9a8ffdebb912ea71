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
    """The cluster, its Lease, and those who look on; `entered` sees each phase of a run.

    With `chance`, everything that may happen in any order or take any time does so at random.
    """

    clock: Clock
    cluster: Cluster
    lease: Lease
    transcript: Transcript
    invariants: Invariants
    entered: Entered
    chance: Random | None
