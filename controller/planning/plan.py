"""The whole plan: one snapshot in, a decision with its reason for every node out."""

from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain

from controller.api.machine_config import MachineConfig
from controller.planning.controller_state import ControllerState
from controller.planning.drain.settings import drain_settings
from controller.planning.garbage import unreferenced
from controller.planning.membership import membership
from controller.planning.pool_plan import PoolPlan, plan_pool
from controller.planning.pool_target import Renderer, render_pool
from controller.planning.rollout.all_pools import start_nothing, step_down_last
from controller.planning.rollout.decision import Decision
from controller.planning.rollout.limit_runs import limit_runs
from controller.planning.rollout.unassigned import decide_unassigned
from controller.planning.rollout.view import Context
from controller.planning.snapshot import Part, Snapshot
from controller.planning.withheld import withheld
from controller.rendering.render import render


@dataclass(frozen=True)
class Plan:
    """The plans of the pools by name, the decisions for unassigned nodes, and what to delete."""

    pools: tuple[PoolPlan, ...]
    unassigned: tuple[Decision, ...]
    unreferenced: tuple[MachineConfig, ...]

    @property
    def next_due(self) -> datetime | None:
        """When the first node is to be decided on again though nothing has changed."""
        decisions = chain(self.unassigned, *(pool.decisions for pool in self.pools))
        return min((decision.until for decision in decisions if decision.until), default=None)


def plan(
    snapshot: Snapshot,
    controller: ControllerState,
    boot_user: str,
    now: datetime,
    renderer: Renderer = render,
) -> Plan:
    """Plan one pass; `renderer` may cache what it has rendered before."""
    context = Context(
        controller, now, _missing(snapshot), snapshot.unavailable, snapshot.control_plane
    )
    left_alone = withheld(snapshot)
    divided = membership(
        (node for node in snapshot.nodes if node.name not in left_alone), snapshot.pools
    )
    of_every_pool = tuple(map(str, snapshot.unreadable_of("MachineConfiguration")))
    pools = [
        plan_pool(
            pool,
            divided.members[pool.name],
            render_pool(pool, snapshot, boot_user, renderer),
            (*divided.errors[pool.name], *of_every_pool),
            context,
        )
        for pool in sorted(snapshot.pools, key=lambda item: item.name)
    ]
    unassigned = (
        *(decide_unassigned(node, context) for node in divided.unassigned),
        *(Decision.none(name, reason) for name, reason in left_alone.items()),
    )
    groups = step_down_last([*(pool.decisions for pool in pools), unassigned], controller)
    groups = start_nothing(groups, _unknown_policy(snapshot))
    *decisions, unassigned = limit_runs(groups, controller)
    return Plan(
        tuple(
            replace(pool, decisions=group, keeps_pods=_keeps_pods(pool, snapshot))
            for pool, group in zip(pools, decisions, strict=True)
        ),
        unassigned,
        unreferenced(snapshot, {pool.target for pool in pools}),
    )


def _keeps_pods(pool: PoolPlan, snapshot: Snapshot) -> bool:
    """Whether no other node could take the pods of a drained one, and they therefore stay."""
    only_one = sum(node.runs_linux for node in snapshot.nodes) == 1
    return only_one and drain_settings(pool.pool, snapshot.configuration).keeps_stranded_pods


def _missing(snapshot: Snapshot) -> frozenset[str]:
    """Return the configs that nodes refer to and that were deleted with their pool."""
    return snapshot.configs_of_nodes - {config.name for config in snapshot.machine_configs}


def _unknown_policy(snapshot: Snapshot) -> str:
    """Return why the disruption of a change is unknown; empty where it is known."""
    if why := snapshot.unavailable.get(Part.POLICY):
        return f"{Part.POLICY} cannot be listed: {why}"
    return "; ".join(map(str, snapshot.unreadable_of("MachineConfiguration")))
