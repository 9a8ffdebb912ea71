"""How the pools and nodes of a cluster stand; pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

from controller.api import names
from controller.api.machine_config_node import MachineConfigNodeStatus, NodeState
from controller.api.machine_config_pool import MachineConfigPool
from controller.api.meta import Condition, ConditionStatus
from controller.cli.kubectl_mc.arguments.selection import Chosen
from controller.cli.kubectl_mc.cluster.leadership import Leadership
from controller.planning.membership import membership
from controller.planning.node import Node
from controller.planning.notices import not_selected
from controller.planning.snapshot import Snapshot, Unreadable
from controller.planning.withheld import withheld


@dataclass(frozen=True)
class Member:
    """A node, and the name of its pool; empty where it is in none."""

    node: Node
    pool: str

    @property
    def calm(self) -> bool:
        """Whether there is nothing to say of it."""
        return self.node.status.state is NodeState.DONE and not any(self.remarks())

    def remarks(self) -> Iterator[str]:
        """What to know of it: what the controller says, and what the Node itself shows."""
        node = self.node
        if node.status.reason:
            yield node.status.reason
        if why := drift_unknown(node.status):
            yield f"not known whether it has drifted: {why}"
        if node.held:
            yield "held by an administrator"
        if node.unschedulable and not node.cordoned_by_controller:
            yield "cordoned by an administrator"
        if not node.ready:
            yield "not Ready"


def drift_condition(status: MachineConfigNodeStatus) -> Condition | None:
    """What the controller says of whether the node has drifted."""
    return next((each for each in status.conditions if each.type == names.DRIFTED), None)


def drift_unknown(status: MachineConfigNodeStatus) -> str:
    """Why it is not known; empty where it is."""
    condition = drift_condition(status)
    if condition is None or condition.status is not ConditionStatus.UNKNOWN:
        return ""
    return condition.message or condition.reason


@dataclass(frozen=True)
class Standing:
    """The pools and nodes to be listed, the nodes of which everything is to be shown, who leads.

    `not_selected` are the MachineConfigs that no pool selects; empty where something is named.
    `unreadable` are the objects of which nothing else can be shown.
    """

    pools: tuple[MachineConfigPool, ...]
    members: tuple[Member, ...]
    named: tuple[Member, ...]
    leadership: Leadership
    not_selected: tuple[str, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()

    @classmethod
    def of(cls, snapshot: Snapshot, chosen: Chosen, leadership: Leadership) -> Self:
        """What a person has asked for; nodes of which there is something to say come first."""
        everybody = members(snapshot)
        listed = (each for each in everybody if chosen.has_pool(each.pool))
        pools = (each for each in snapshot.pools if chosen.has_pool(each.name))
        return cls(
            tuple(sorted(pools, key=lambda each: each.name)),
            tuple(sorted(listed, key=lambda each: each.calm)),
            tuple(each for each in everybody if each.node.name in chosen.nodes),
            leadership,
            tuple(each.name for each in not_selected(snapshot)) if chosen.everything() else (),
            snapshot.unreadable,
        )


def members(snapshot: Snapshot) -> list[Member]:
    """Every node: by its pool, and those that are in none at the end."""
    left = withheld(snapshot)
    divided = membership((each for each in snapshot.nodes if each.name not in left), snapshot.pools)
    return [
        *(Member(node, pool) for pool in sorted(divided.members) for node in divided.members[pool]),
        *(Member(node, "") for node in divided.unassigned),
        *(Member(node, "") for node in snapshot.nodes if node.name in left),
    ]
