"""The number of nodes of the control plane, of which missing ones count as down.

A deleted Node says nothing of its etcd member, which goes on counting for the quorum. So the
highest number that there ever was is remembered, unless an administrator says how many there are.
"""

from controller.api import names
from controller.api.machine_config_pool import MachineConfigPool


def expected_nodes(pool: MachineConfigPool, present: int) -> int:
    """Return how many nodes there should be; `present` are in the cluster."""
    return max(declared_nodes(pool) or pool.status.control_plane_nodes or 0, present)


def remembered_nodes(pool: MachineConfigPool, present: int) -> int | None:
    """Return the number for the pool's status; None for a pool that is no control plane."""
    if pool.name != names.MASTER:
        return None
    return declared_nodes(pool) or expected_nodes(pool, present)


def declared_nodes(pool: MachineConfigPool) -> int | None:
    """Return the number that an administrator has set."""
    return pool.spec.control_plane.nodes if pool.spec.control_plane else None
