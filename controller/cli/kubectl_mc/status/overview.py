"""The pools and nodes that `kubectl mc status` shows; pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

from controller.api import names
from controller.api.machine_config_node import MachineConfigNodeStatus, NodeState
from controller.api.machine_config_pool import MachineConfigPool
from controller.api.meta import Condition, ConditionStatus
from controller.cli.kubectl_mc.arguments.selection import Selection
from controller.cli.kubectl_mc.cluster.leadership import Leadership
from controller.planning.membership import membership
from controller.planning.node import Node
from controller.planning.notices import not_selected
from controller.planning.snapshot import Snapshot, Unreadable
from controller.planning.withheld import withheld


@dataclass(frozen=True)
class Member:
    """A node, and the name of its pool, which is empty if the node is in none.

    `pool_error` is the reason why its pool is unknown.
    """

    node: Node
    pool: str
    pool_error: str = ""

    @property
    def is_healthy(self) -> bool:
        """Whether the node is Done and there is nothing to remark."""
        return self.node.status.state is NodeState.DONE and not any(self.remarks())

    def remarks(self) -> Iterator[str]:
        """Yield the controller's reason, and what the Node itself shows."""
        node = self.node
        if node.status.reason:
            yield node.status.reason
        if why := drift_unknown(node.status):
            yield f"drift unknown: {why}"
        if node.held:
            yield "held by an administrator"
        if node.unschedulable and not node.cordoned_by_controller:
            yield "cordoned by an administrator"
        if not node.ready:
            yield "not Ready"

    def pool_phrase(self) -> str:
        """Return the node's membership as a phrase."""
        if self.pool_error:
            return f"pool unknown: {self.pool_error}"
        return f"in pool {self.pool}" if self.pool else "in no pool"


def drift_condition(status: MachineConfigNodeStatus) -> Condition | None:
    """Return the condition that reports drift."""
    return next((each for each in status.conditions if each.type == names.DRIFTED), None)


def drift_unknown(status: MachineConfigNodeStatus) -> str:
    """Return why it is unknown whether the node has drifted; empty if that is known."""
    condition = drift_condition(status)
    if condition is None or condition.status is not ConditionStatus.UNKNOWN:
        return ""
    return condition.message or condition.reason


@dataclass(frozen=True)
class Overview:
    """The pools and nodes to list, the nodes to show in detail, and whether a controller leads.

    `not_selected` are the MachineConfigs that no pool selects, if no pool or node was named.
    `unreadable` are the objects that could not be parsed.
    """

    pools: tuple[MachineConfigPool, ...]
    members: tuple[Member, ...]
    named: tuple[Member, ...]
    leadership: Leadership
    not_selected: tuple[str, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()

    @classmethod
    def of(cls, snapshot: Snapshot, selection: Selection, leadership: Leadership) -> Self:
        """Return what the user has selected; nodes that need attention come first."""
        all_members = members(snapshot)
        listed = (member for member in all_members if selection.includes_pool(member.pool))
        pools = (pool for pool in snapshot.pools if selection.includes_pool(pool.name))
        unselected = (
            tuple(config.name for config in not_selected(snapshot))
            if selection.selects_all()
            else ()
        )
        return cls(
            tuple(sorted(pools, key=lambda pool: pool.name)),
            tuple(sorted(listed, key=lambda member: member.is_healthy)),
            tuple(member for member in all_members if member.node.name in selection.nodes),
            leadership,
            unselected,
            snapshot.unreadable,
        )


def members(snapshot: Snapshot) -> list[Member]:
    """Return every node: by pool, then those in no pool, then those whose pool is unknown."""
    unknown = withheld(snapshot)
    assigned = (node for node in snapshot.nodes if node.name not in unknown)
    divided = membership(assigned, snapshot.pools)
    return [
        *(Member(node, pool) for pool in sorted(divided.members) for node in divided.members[pool]),
        *(Member(node, "") for node in divided.unassigned),
        *(Member(node, "", unknown[node.name]) for node in snapshot.nodes if node.name in unknown),
    ]
