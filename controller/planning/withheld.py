"""The nodes that are left alone, since the pool that they belong to cannot be read."""

from collections.abc import Iterator, Mapping

from controller.api import names
from controller.planning.membership import membership
from controller.planning.snapshot import Snapshot


def withheld(snapshot: Snapshot) -> Mapping[str, str]:
    """Return the reasons by the names of such nodes.

    While a custom pool cannot be read, it is unknown which nodes it would take from worker.
    Meanwhile worker accepts no node that was not its member before.
    """
    return dict(_withheld(snapshot))


def _withheld(snapshot: Snapshot) -> Iterator[tuple[str, str]]:
    pools = {pool.name: pool for pool in snapshot.unreadable_of("MachineConfigPool")}
    if not pools:
        return
    custom = [pool for pool in pools.values() if pool.name not in {names.MASTER, names.WORKER}]
    members = membership(snapshot.nodes, snapshot.pools).members if custom else {}
    for node in members.get(names.WORKER, ()):
        if node.status.pool != names.WORKER:
            yield node.name, str(custom[0])
    for node in snapshot.nodes:
        if node.status.pool in pools:
            yield node.name, str(pools[node.status.pool])
