"""How many nodes of a pool may be down, and which hold one of these slots."""

from collections.abc import Collection, Sequence
from typing import Self

from controller.api.machine_config_node import NodeState
from controller.api.machine_config_pool import MachineConfigPool
from controller.planning.controller_state import ControllerState
from controller.planning.node import Node
from controller.planning.summary import summarize_names


class Budget:
    """The slots of a pool, and the names of the nodes that hold them, of which more are taken.

    `down` are out of service already, or being changed: to go on with one of them takes nobody
    else's place. `reserved` are up and hold a slot: those that were given a config and were not
    drained yet, and those that failed on the target and were put back.
    """

    def __init__(self, most: int, down: Collection[str], reserved: Collection[str]) -> None:
        self.most = most
        self.down = set(down)
        self.reserved = set(reserved)
        self._said = ""

    @classmethod
    def of(
        cls,
        pool: MachineConfigPool,
        members: Sequence[Node],
        target: str,
        controller: ControllerState,
    ) -> Self:
        """The budget of `pool` as its `members` stand."""
        down = {each.name for each in members if _is_down(each, controller)}
        holding = {each.name for each in members if _holds_a_slot(each, target)}
        return cls(most_unavailable(pool, len(members)), down, holding - down)

    def holds(self, node: str) -> bool:
        """Whether the node has a slot of its own."""
        return node in self.down or node in self.reserved

    def admits(self, node: str) -> bool:
        """Whether the node may be taken down, or is."""
        if node in self.down:
            return True
        others = len(self.down) if node in self.reserved else self._taken
        return others < self.most

    def take(self, node: str) -> None:
        """Count the node among those that are down."""
        self.reserved.discard(node)
        self.down.add(node)
        self._said = ""

    def why_not(self, node: str) -> str:
        """Whom a node that is not admitted waits for."""
        if node in self.reserved:
            return self._waits_for(self.down)
        # It is said of each node that waits, and mostly the same.
        self._said = self._said or self._waits_for(self.down | self.reserved)
        return self._said

    def _waits_for(self, others: Collection[str]) -> str:
        return f"waits for {summarize_names(others)}: budget {len(others)} of {self.most} in use"

    @property
    def _taken(self) -> int:
        return len(self.down) + len(self.reserved)


def most_unavailable(pool: MachineConfigPool, size: int) -> int:
    """The field maxUnavailable as a number of nodes: percent round down, and at least one."""
    wanted = pool.spec.max_unavailable
    if isinstance(wanted, int):
        return wanted
    return max(1, size * int(wanted.removesuffix("%")) // 100)


def _is_down(node: Node, controller: ControllerState) -> bool:
    changing = node.status.state is NodeState.WORKING and node.status.applied
    return not node.available or changing or node.name in controller.runs.under_way


def _holds_a_slot(node: Node, target: str) -> bool:
    status = node.status
    if status.state is NodeState.DEGRADED:
        return node.in_update and status.desired_config == target and not node.drain_abandoned
    return node.in_update
