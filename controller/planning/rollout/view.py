"""The facts on which the decisions for one pool depend."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Self

from controller.api import names
from controller.api.machine_config_node import NodeState
from controller.api.machine_config_pool import MachineConfigPool
from controller.planning.control_plane_facts import ControlPlaneFacts
from controller.planning.controller_state import ControllerState
from controller.planning.node import Node
from controller.planning.rollout.budget import Budget
from controller.planning.snapshot import Part


@dataclass(frozen=True)
class Context:
    """The facts that all pools share.

    `missing` are the configs that nodes refer to and that do not exist; `unavailable` are the parts
    of the cluster that could not be listed, and why. Without `control_plane`, only what its Nodes
    and pods show is considered.
    """

    controller: ControllerState
    now: datetime
    missing: frozenset[str] = frozenset()
    unavailable: Mapping[Part, str] = field(default_factory=dict)
    control_plane: ControlPlaneFacts | None = None

    def has_run(self, node: Node) -> bool:
        """Whether a run for the node is under way."""
        return node.name in self.controller.runs.under_way

    def runs_on(self, node: Node) -> bool:
        """Whether this controller runs on the node."""
        return node.name == self.controller.identity.node


@dataclass(frozen=True)
class PoolView:
    """A pool at one point of a plan: `budget` holds the slots taken by the decisions so far.

    `members` are in rollout order; `target` is empty where the pool never had one. `casualties` are
    the nodes that the target has brought down.
    """

    pool: MachineConfigPool
    members: Sequence[Node]
    target: str
    context: Context
    budget: Budget
    casualties: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, pool: MachineConfigPool, members: Sequence[Node], target: str, context: Context
    ) -> Self:
        """Return the view before the first decision; this pass creates a missing target."""
        order = sorted(members, key=context.runs_on)
        budget = Budget.of(pool, order, target, context.controller.runs)
        created = replace(context, missing=context.missing - {target})
        casualties = tuple(each.name for each in order if _is_casualty(each, target, context))
        return cls(pool, order, target, created, budget, casualties)

    @cached_property
    def lost(self) -> frozenset[str]:
        """The nodes that are not Ready, and ran a config before; a new one runs no pods yet."""
        lost = (each for each in self.members if not each.ready and each.status.current_config)
        return frozenset(each.name for each in lost)

    @cached_property
    def tried(self) -> frozenset[str]:
        """The nodes that had a run before this pass, or were about to have their first one."""
        runs = self.context.controller.runs
        working = (each for each in self.members if each.status.state is NodeState.WORKING)
        begins = {each.name for each in working if not each.held} - set(runs.not_before)
        return frozenset(
            begins | {each.name for each in self.members if self.context.has_run(each)}
        )

    @property
    def paused(self) -> bool:
        """Whether an administrator has paused the pool."""
        return self.pool.spec.paused

    def is_changing(self, node: Node) -> bool:
        """Whether the node has a run, gets one in this pass, or is to finish what was applied."""
        runs = node.name in self.budget.taken or self.context.has_run(node)
        return runs or (node.status.state is NodeState.WORKING and node.status.applied)

    @property
    def is_control_plane(self) -> bool:
        """Whether the members are the control plane."""
        return self.pool.name == names.MASTER


def _is_casualty(node: Node, target: str, context: Context) -> bool:
    """Whether a node was Ready, has got the target, and is not Ready any more.

    One that boots in the middle of a run is none yet. One that an administrator holds is known.
    """
    status, runs = node.status, context.controller.runs
    if node.ready or node.held or status.down_before or status.desired_config != target:
        return False
    boots = node.name in runs.under_way and node.name not in runs.not_before
    return node.in_update and status.between_configs and (node.failed or not boots)
