"""The pool to which a node belongs.

The control plane's labels beat all; one custom pool beats `worker`; a node that two custom pools
select is in none; a node that does not run Linux is in none.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from controller.api import names
from controller.api.machine_config_pool import MachineConfigPool
from controller.planning.node import Node


@dataclass(frozen=True)
class Membership:
    """The members of each pool, oldest first, its errors, and the nodes that belong to no pool."""

    members: Mapping[str, tuple[Node, ...]]
    errors: Mapping[str, tuple[str, ...]]
    unassigned: tuple[Node, ...]


def membership(nodes: Iterable[Node], pools: Sequence[MachineConfigPool]) -> Membership:
    """Divide the nodes among the pools."""
    members: dict[str, list[Node]] = {pool.metadata.name: [] for pool in pools}
    errors: dict[str, list[str]] = {pool.metadata.name: [] for pool in pools}
    unassigned: list[Node] = []
    for node in sorted(nodes, key=lambda node: (node.created, node.name)):
        chosen = _pools_of(node, pools)
        if len(chosen) == 1:
            members[chosen[0]].append(node)
            continue
        unassigned.append(node)
        for pool in chosen:
            errors[pool].append(f"{node.name} is in no pool: {' and '.join(chosen)} select it")
    return Membership(
        {pool: tuple(nodes) for pool, nodes in members.items()},
        {pool: tuple(messages) for pool, messages in errors.items()},
        tuple(unassigned),
    )


def _pools_of(node: Node, pools: Sequence[MachineConfigPool]) -> list[str]:
    if not node.runs_linux:
        return []
    present = {pool.metadata.name for pool in pools}
    if node.labels.keys() & names.CONTROL_PLANE_LABELS:
        return [names.MASTER] if names.MASTER in present else []
    selecting = [
        pool.metadata.name for pool in pools if pool.spec.node_selector.matches(node.labels)
    ]
    custom = sorted(set(selecting) - {names.MASTER, names.WORKER})
    return custom or [pool for pool in selecting if pool == names.WORKER]
