"""How many nodes of a pool may be down, and which hold one of these slots."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from controller.api.machine_config_node import NodeState
from controller.api.machine_config_pool import MachineConfigPool
from controller.planning.snapshot import Node, Runs


@dataclass(frozen=True)
class Budget:
    """The slots of a pool, and the names of the nodes that hold them.

    `down` are out of service already, or being changed: to go on with one of them takes nobody
    else's place. `reserved` are up and hold a slot: those that were given a config and were not
    drained yet, and those that failed on the target and were put back.
    """

    most: int
    down: tuple[str, ...]
    reserved: tuple[str, ...]

    @classmethod
    def of(cls, pool: MachineConfigPool, members: Sequence[Node], target: str, runs: Runs) -> Self:
        """The budget of `pool` as its `members` stand."""
        down = tuple(each.name for each in members if _is_down(each, runs))
        reserved = tuple(
            each.name for each in members if each.name not in down and _holds_a_slot(each, target)
        )
        return cls(most_unavailable(pool, len(members)), down, reserved)

    def holds(self, node: str) -> bool:
        """Whether the node has a slot of its own."""
        return node in self.down or node in self.reserved

    def admits(self, node: str) -> bool:
        """Whether the node may be taken down, or is."""
        if node in self.down:
            return True
        others = self.down if node in self.reserved else self._taken
        return len(others) < self.most

    def taking(self, node: str) -> Self:
        """The budget when the node is down too."""
        if node in self.down:
            return self
        reserved = tuple(each for each in self.reserved if each != node)
        return type(self)(self.most, (*self.down, node), reserved)

    def __str__(self) -> str:
        taken = sorted(self._taken)
        return f"waits for {', '.join(taken)}: budget {len(taken)} of {self.most} in use"

    @property
    def _taken(self) -> tuple[str, ...]:
        return (*self.down, *self.reserved)


def most_unavailable(pool: MachineConfigPool, size: int) -> int:
    """The field maxUnavailable as a number of nodes: percent round down, and at least one."""
    wanted = pool.spec.max_unavailable
    if isinstance(wanted, int):
        return wanted
    return max(1, size * int(wanted.removesuffix("%")) // 100)


def _is_down(node: Node, runs: Runs) -> bool:
    changing = node.status.state is NodeState.WORKING and node.status.applied
    return not node.available or changing or node.name in runs.under_way


def _holds_a_slot(node: Node, target: str) -> bool:
    if node.status.state is NodeState.DEGRADED:
        return node.in_update and node.status.desired_config == target
    return node.in_update
