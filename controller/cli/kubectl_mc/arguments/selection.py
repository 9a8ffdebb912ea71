"""The pools and nodes that a user names, among those that exist; pure."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final, Self

from controller.cli.kubectl_mc.terminal.errors import CommandError
from controller.planning.snapshot import Snapshot
from controller.suggestions import did_you_mean

_LIST: Final = "`kubectl mc status` lists them"


@dataclass(frozen=True)
class Selection:
    """Names of pools and of nodes; an empty selection means everything."""

    pools: frozenset[str] = frozenset()
    nodes: frozenset[str] = frozenset()

    @classmethod
    def of(cls, named: Iterable[str], snapshot: Snapshot) -> Self:
        """Select by name; the name of both a pool and a node selects both.

        Raises:
            CommandError: there is no pool or node of a name.
        """
        names = frozenset(named)
        pools = frozenset(pool.name for pool in snapshot.pools)
        nodes = frozenset(node.name for node in snapshot.nodes)
        for name in sorted(names - pools - nodes):
            raise _unknown(name, pools, nodes)
        return cls(names & pools, names & nodes)

    def selects_all(self) -> bool:
        """Return whether no pool or node was named."""
        return not self.pools and not self.nodes

    def includes_pool(self, pool: str) -> bool:
        """Return whether the pool was named, or nothing was."""
        return self.selects_all() or pool in self.pools

    def includes_node(self, node: str, pool: str) -> bool:
        """Return whether the node or its pool was named, or nothing was."""
        return self.includes_pool(pool) or node in self.nodes


def select_nodes(named: Iterable[str], snapshot: Snapshot) -> list[str]:
    """Return the names, each once, if all are nodes: a pool does not stand for its nodes here.

    Raises:
        CommandError: a name is not that of a node.
    """
    nodes = {node.name for node in snapshot.nodes}
    for name in (name for name in named if name not in nodes):
        if name in {pool.name for pool in snapshot.pools}:
            raise CommandError(f"{name} is a pool", "name the nodes one by one")
        raise CommandError(f"no node {name}", did_you_mean(name, sorted(nodes), _LIST))
    return list(dict.fromkeys(named))


def _unknown(name: str, pools: Collection[str], nodes: Collection[str]) -> CommandError:
    known = [*sorted(pools), *sorted(nodes)]
    return CommandError(f"no pool or node {name}", did_you_mean(name, known, _LIST))
