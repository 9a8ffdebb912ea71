"""The slots of a pool for nodes that are out of service, and the nodes that hold them."""

from collections.abc import Collection, Sequence
from typing import Self

from controller.api import names
from controller.api.machine_config_node import NodeState
from controller.api.machine_config_pool import MachineConfigPool
from controller.planning.controller_state import Runs
from controller.planning.node import Node
from controller.planning.texts import summarize_names


class Budget:
    """The slots of a pool and the nodes that hold them; decisions take more.

    `down` are out of service or being changed; a further step for one of them needs no free slot.
    `reserved` are in service and hold a slot: nodes with a desired config that were not
    drained yet, and nodes that failed on the target and were rolled back. `taken` are those that
    got their slot by a decision of this pass.
    """

    def __init__(self, limit: int, down: Collection[str], reserved: Collection[str]) -> None:
        self.limit = limit
        self.down = set(down)
        self.reserved = set(reserved)
        self.taken: set[str] = set()
        self._reason = ""

    @classmethod
    def of(cls, pool: MachineConfigPool, members: Sequence[Node], target: str, runs: Runs) -> Self:
        """Return the budget before the first decision; the control plane has one slot."""
        down = {node.name for node in members if _is_down(node, runs.under_way)}
        holding = {node.name for node in members if _holds_slot(node, target, runs)}
        limit = 1 if pool.name == names.MASTER else max_unavailable(pool, len(members))
        return cls(limit, down, holding - down)

    def holds(self, node: str) -> bool:
        """Whether the node has a slot of its own."""
        return node in self.down or node in self.reserved

    def admits(self, node: str) -> bool:
        """Whether the node may be taken down, or is down."""
        if node in self.down:
            return True
        others = len(self.down) if node in self.reserved else len(self.down) + len(self.reserved)
        return others < self.limit

    def take(self, node: str) -> None:
        """Count the node among those that are down."""
        self.reserved.discard(node)
        self.down.add(node)
        self.taken.add(node)
        self._reason = ""

    def reason_to_wait(self, node: str) -> str:
        """Return the nodes for which a node that is not admitted waits."""
        if node in self.reserved:
            return self._waits_for(self.down)
        # Kept, since it is mostly the same for thousands of nodes.
        self._reason = self._reason or self._waits_for(self.down | self.reserved)
        return self._reason

    def _waits_for(self, others: Collection[str]) -> str:
        return f"waits for {summarize_names(others)}: budget {len(others)} of {self.limit} in use"


def max_unavailable(pool: MachineConfigPool, size: int) -> int:
    """Return maxUnavailable as a number of nodes: percent are rounded down, and at least one."""
    value = pool.spec.max_unavailable
    return value if isinstance(value, int) else max(1, size * int(value.removesuffix("%")) // 100)


def gives_way(node: Node, runs: Runs) -> bool:
    """Whether an update holds no slot for its node; it needs a free one for its retry."""
    return node.drain_abandoned or tried_in_vain(node, runs)


def tried_in_vain(node: Node, runs: Runs) -> bool:
    """Whether runs were made for a node, and none has got as far as disturbing it.

    The reason says why. It is empty where the run ended for a shortage of the controller, which the
    next node would have as well.
    """
    status = node.status
    tried = node.name in runs.not_before and bool(status.reason)
    return status.state is NodeState.WORKING and node.untouched and tried


def _is_down(node: Node, under_way: Collection[str]) -> bool:
    changing = node.status.state is NodeState.WORKING and node.status.applied
    return not node.available or changing or node.name in under_way


def _holds_slot(node: Node, target: str, runs: Runs) -> bool:
    status = node.status
    if gives_way(node, runs):
        return False
    if status.state is NodeState.DEGRADED:
        return node.in_update and status.desired_config == target
    return node.in_update
