"""The whole plan: from one snapshot to every pool's config, members and decisions."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain

from controller.api import names, node_labels
from controller.api.machine_config import MachineConfig
from controller.api.machine_config_pool import MachineConfigPool
from controller.planning.collection import expendable
from controller.planning.membership import Membership, membership
from controller.planning.rollout import Decision, Step, finishing, rollout
from controller.planning.shares import shared
from controller.planning.snapshot import Node, Runs, Snapshot
from controller.rendering.refusal import Refusal
from controller.rendering.render import Rendered, render
from controller.rendering.selection import sources

# From a pool's name, its MachineConfigs in their order, and the boot user.
Renderer = Callable[[str, Sequence[MachineConfig], str], Rendered | tuple[Refusal, ...]]

_NOTHING_TO_INHERIT = (
    f"there is no pool {names.WORKER}, whose MachineConfigs this one inherits"
    " (make it again; the controller does so when it starts)"
)


@dataclass(frozen=True)
class PoolPlan:
    """What is to happen in one pool.

    `rendered` is what its MachineConfigs make; None where they are refused, and `target` then
    stays what it was.
    """

    pool: MachineConfigPool
    rendered: Rendered | None
    problems: tuple[str, ...]
    target: str
    members: tuple[Node, ...]
    decisions: tuple[Decision, ...]

    @property
    def name(self) -> str:
        """The pool's name."""
        return self.pool.metadata.name

    @property
    def warnings(self) -> tuple[str, ...]:
        """What hinders nothing, and its authors should know of."""
        warnings = list(map(str, self.rendered.warnings)) if self.rendered else []
        labels = node_labels.open_to_kubelets(self.pool.spec.node_selector)
        if labels:
            warnings.append(f"{node_labels.in_words(labels)} ({node_labels.REMEDY})")
        return tuple(warnings)


@dataclass(frozen=True)
class Plan:
    """One plan a pool, ordered by name; the nodes that no pool has; what nobody needs any more."""

    pools: tuple[PoolPlan, ...]
    strays: tuple[Decision, ...]
    expendable: tuple[MachineConfig, ...]

    @property
    def next_due(self) -> datetime | None:
        """When the first of the nodes that wait for nothing but time is to be decided on again."""
        decisions = chain(self.strays, *(pool.decisions for pool in self.pools))
        return min((each.until for each in decisions if each.until), default=None)


def plan(
    snapshot: Snapshot, runs: Runs, boot_user: str, now: datetime, renderer: Renderer = render
) -> Plan:
    """What one pass is to do; `renderer` may remember what it has rendered before."""
    divided = membership(snapshot.nodes, snapshot.pools)
    gone = _gone(snapshot)
    pools = [
        _of_pool(pool, divided, runs, now, gone, _rendered(pool, snapshot, boot_user, renderer))
        for pool in sorted(snapshot.pools, key=lambda each: each.metadata.name)
    ]
    strays = tuple(finishing(node, runs, gone, now) for node in divided.strays)
    of_all = _own_node_last([*(pool.decisions for pool in pools), strays], runs)
    *decisions, strays = shared(of_all, runs)
    return Plan(
        tuple(replace(pool, decisions=each) for pool, each in zip(pools, decisions, strict=True)),
        strays,
        expendable(snapshot, {pool.target for pool in pools}),
    )


def _of_pool(  # noqa: PLR0913 - what the decisions rest on
    pool: MachineConfigPool,
    divided: Membership,
    runs: Runs,
    now: datetime,
    gone: frozenset[str],
    made: Rendered | tuple[str, ...],
) -> PoolPlan:
    name = pool.metadata.name
    rendered, refusals = (made, ()) if isinstance(made, Rendered) else (None, made)
    in_force = pool.spec.configuration.name if pool.spec.configuration else None
    target = rendered.name if rendered else in_force or ""
    members = divided.members[name]
    return PoolPlan(
        pool=pool,
        rendered=rendered,
        problems=(*refusals, *divided.errors[name]),
        target=target,
        members=members,
        decisions=rollout(pool, members, target, runs, now, gone),
    )


def _own_node_last(
    groups: Sequence[tuple[Decision, ...]], runs: Runs
) -> list[tuple[Decision, ...]]:
    """The decisions, where another controller is to lead only when nothing else is to be done.

    Otherwise it would hand over at once for the sake of its own node, and so to and fro.
    """
    steps = {each.step for group in groups for each in group}
    if not runs.under_way and not steps & {Step.TARGET, Step.RUN}:
        return list(groups)
    reason = "runs the controller; waits until nothing else is to be done"
    return [
        tuple(
            replace(each, step=Step.NOTHING, reason=reason) if each.step is Step.HAND_OVER else each
            for each in group
        )
        for group in groups
    ]


def _gone(snapshot: Snapshot) -> frozenset[str]:
    """The configs that nodes are on their way to, and that are no more: their pool was deleted."""
    there = {each.metadata.name for each in snapshot.machine_configs}
    spoken_of = {
        name
        for node in snapshot.nodes
        for name in (node.status.current_config, node.status.desired_config, node.said)
    }
    return frozenset(spoken_of - there)


def _rendered(
    pool: MachineConfigPool, snapshot: Snapshot, boot_user: str, renderer: Renderer
) -> Rendered | tuple[str, ...]:
    """The pool's rendered config, or why there is none."""
    name = pool.metadata.name
    needed = names.MASTER if name == names.MASTER else names.WORKER
    if needed not in {each.metadata.name for each in snapshot.pools}:
        return (_NOTHING_TO_INHERIT,)
    made = renderer(name, sources(pool, snapshot.pools, snapshot.machine_configs), boot_user)
    return made if isinstance(made, Rendered) else tuple(map(str, made))
