"""The pools and nodes that a person names, among those that there are; pure."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Self

from controller.cli.kubectl_mc.terminal.errors import CommandError
from controller.planning.snapshot import Snapshot
from controller.suggestions import did_you_mean


@dataclass(frozen=True)
class Chosen:
    """Names of pools, and of nodes; nobody who names none wants to see nothing."""

    pools: frozenset[str] = frozenset()
    nodes: frozenset[str] = frozenset()

    @classmethod
    def of(cls, named: Iterable[str], snapshot: Snapshot) -> Self:
        """What these names mean; one that a pool and a node have means both.

        Raises:
            CommandError: one of them is nobody's.
        """
        asked = frozenset(named)
        pools = frozenset(pool.name for pool in snapshot.pools)
        nodes = frozenset(node.name for node in snapshot.nodes)
        for stranger in sorted(asked - pools - nodes):
            raise _unknown(stranger, pools, nodes)
        return cls(asked & pools, asked & nodes)

    def everything(self) -> bool:
        """Whether nothing in particular was named."""
        return not self.pools and not self.nodes

    def has_pool(self, pool: str) -> bool:
        """Whether the pool was named, or nothing was."""
        return self.everything() or pool in self.pools

    def has_node(self, node: str, pool: str) -> bool:
        """Whether the node was named, or its pool, or nothing was."""
        return self.has_pool(pool) or node in self.nodes


def nodes_named(named: Iterable[str], snapshot: Snapshot) -> list[str]:
    """These names, each once, if all are nodes: what is done to one is not done to a pool unasked.

    Raises:
        CommandError: one of them is none.
    """
    nodes = {node.name for node in snapshot.nodes}
    for stranger in (each for each in named if each not in nodes):
        if stranger in {pool.name for pool in snapshot.pools}:
            raise CommandError(f"{stranger} is a pool", "name the nodes one by one")
        remedy = did_you_mean(stranger, sorted(nodes), "`kubectl mc status` lists them")
        raise CommandError(f"no node {stranger}", remedy)
    return list(dict.fromkeys(named))


def _unknown(name: str, pools: Collection[str], nodes: Collection[str]) -> CommandError:
    known = [*sorted(pools), *sorted(nodes)]
    remedy = did_you_mean(name, known, "`kubectl mc status` lists them")
    return CommandError(f"no pool or node {name}", remedy)
