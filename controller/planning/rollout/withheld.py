"""Which nodes are left as they are, since the pool that they are in cannot be read."""

from collections.abc import Iterator, Mapping, Sequence

from controller.api import names
from controller.api.machine_config_pool import MachineConfigPool
from controller.planning.membership import membership
from controller.planning.node import Node
from controller.planning.snapshot import Unreadable


def withheld(
    nodes: Sequence[Node], pools: Sequence[MachineConfigPool], unreadable: Sequence[Unreadable]
) -> Mapping[str, str]:
    """By the names of such nodes, why; `unreadable` are pools.

    A custom pool takes its nodes from the worker pool. Which they are is not known while it cannot
    be read, so meanwhile the worker pool takes none that was not its own before.
    """
    return dict(_withheld(nodes, pools, unreadable)) if unreadable else {}


def _withheld(
    nodes: Sequence[Node], pools: Sequence[MachineConfigPool], unreadable: Sequence[Unreadable]
) -> Iterator[tuple[str, str]]:
    custom = [each for each in unreadable if each.name not in {names.MASTER, names.WORKER}]
    for node in membership(nodes, pools).members.get(names.WORKER, ()) if custom else ():
        if node.status.pool != names.WORKER:
            yield node.name, str(custom[0])
    of_pool = {each.name: each for each in unreadable}
    for node in nodes:
        if node.status.pool in of_pool:
            yield node.name, str(of_pool[node.status.pool])
