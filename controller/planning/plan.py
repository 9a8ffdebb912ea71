"""The whole plan: from one snapshot to every pool's config, members and decisions."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain

from controller.api import names, node_labels
from controller.api.machine_config import MachineConfig
from controller.api.machine_config_pool import MachineConfigPool, PoolConfiguration
from controller.api.meta import ObjectReference
from controller.planning.controller_state import ControllerState
from controller.planning.garbage import unreferenced
from controller.planning.membership import Membership, membership
from controller.planning.node import Node
from controller.planning.rollout.concurrency import limit_runs
from controller.planning.rollout.decide import Decision, Step, decide_unassigned, rollout
from controller.planning.rollout.withheld import withheld
from controller.planning.snapshot import Part, Snapshot
from controller.rendering.refusal import Refusal
from controller.rendering.render import Rendered, render
from controller.rendering.selection import selects, sources

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
    def configuration(self) -> PoolConfiguration | None:
        """The pool's target with its sources; unchanged where its MachineConfigs are refused."""
        return _configuration(self.rendered) if self.rendered else self.pool.spec.configuration

    @property
    def warnings(self) -> tuple[str, ...]:
        """What hinders nothing, and its authors should know of."""
        warnings = list(map(str, self.rendered.warnings)) if self.rendered else []
        labels = node_labels.self_assignable_labels(self.pool.spec.node_selector)
        if labels:
            warnings.append(f"{node_labels.explain(labels)} ({node_labels.REMEDY})")
        return tuple(warnings)


@dataclass(frozen=True)
class Plan:
    """One plan a pool, ordered by name; the nodes that no pool has; what nobody needs any more."""

    pools: tuple[PoolPlan, ...]
    unassigned: tuple[Decision, ...]
    unreferenced: tuple[MachineConfig, ...]

    @property
    def next_due(self) -> datetime | None:
        """When the first of the nodes that wait for nothing but time is to be decided on again."""
        decisions = chain(self.unassigned, *(pool.decisions for pool in self.pools))
        return min((each.until for each in decisions if each.until), default=None)


def plan(
    snapshot: Snapshot,
    controller: ControllerState,
    boot_user: str,
    now: datetime,
    renderer: Renderer = render,
) -> Plan:
    """What one pass is to do; `renderer` may remember what it has rendered before."""
    unreadable = snapshot.unreadable_of("MachineConfigPool")
    left = withheld(snapshot.nodes, snapshot.pools, unreadable)
    divided = membership((each for each in snapshot.nodes if each.name not in left), snapshot.pools)
    gone = _gone(snapshot)
    of_all_pools = tuple(map(str, snapshot.unreadable_of("MachineConfiguration")))
    made = {each.name: _rendered(each, snapshot, boot_user, renderer) for each in snapshot.pools}
    pools = [
        _of_pool(
            pool,
            divided,
            controller,
            now,
            gone,
            made[pool.name],
            of_all_pools,
            snapshot.unavailable,
        )
        for pool in sorted(snapshot.pools, key=lambda each: each.metadata.name)
    ]
    unassigned = (
        *(decide_unassigned(node, controller, gone, now) for node in divided.unassigned),
        *(Decision(name, Step.NONE, why) for name, why in left.items()),
    )
    of_all = _own_node_last([*(pool.decisions for pool in pools), unassigned], controller)
    *decisions, unassigned = limit_runs(_none_begun(of_all, _no_policy(snapshot)), controller)
    return Plan(
        tuple(replace(pool, decisions=each) for pool, each in zip(pools, decisions, strict=True)),
        unassigned,
        unreferenced(snapshot, {pool.target for pool in pools}),
    )


def _of_pool(  # noqa: PLR0913 - what the decisions rest on
    pool: MachineConfigPool,
    divided: Membership,
    controller: ControllerState,
    now: datetime,
    gone: frozenset[str],
    made: Rendered | tuple[str, ...],
    problems: Sequence[str],
    unavailable: Mapping[Part, str],
) -> PoolPlan:
    name = pool.metadata.name
    rendered, refusals = (made, ()) if isinstance(made, Rendered) else (None, made)
    in_force = pool.spec.configuration.name if pool.spec.configuration else None
    target = rendered.name if rendered else in_force or ""
    members = divided.members[name]
    return PoolPlan(
        pool=pool,
        rendered=rendered,
        problems=(*refusals, *divided.errors[name], *problems),
        target=target,
        members=members,
        decisions=rollout(pool, members, target, controller, now, gone, unavailable),
    )


def _configuration(rendered: Rendered) -> PoolConfiguration:
    def reference(name: str) -> ObjectReference:
        return ObjectReference(api_version=names.API_VERSION, kind="MachineConfig", name=name)

    return PoolConfiguration(
        api_version=names.API_VERSION,
        kind="MachineConfig",
        name=rendered.name,
        source=tuple(map(reference, rendered.sources)),
    )


def _own_node_last(
    groups: Sequence[tuple[Decision, ...]], controller: ControllerState
) -> list[tuple[Decision, ...]]:
    """The decisions, where another controller is to lead only when nothing else is to be done.

    Otherwise it would hand over at once for the sake of its own node, and so to and fro.
    """
    steps = {each.step for group in groups for each in group}
    if not controller.runs.under_way and not steps & {Step.TARGET, Step.RUN}:
        return list(groups)
    reason = "runs the controller; waits until nothing else is to be done"
    return [
        tuple(
            replace(each, step=Step.NONE, reason=reason) if each.step is Step.STEP_DOWN else each
            for each in group
        )
        for group in groups
    ]


def _none_begun(groups: Sequence[tuple[Decision, ...]], why: str) -> Sequence[tuple[Decision, ...]]:
    """The decisions, where for the reason `why`, if there is one, no run is begun."""
    if not why:
        return groups
    return [
        tuple(
            replace(each, step=Step.NONE, reason=why, config="")
            if each.step in {Step.TARGET, Step.RUN}
            else each
            for each in group
        )
        for group in groups
    ]


def _no_policy(snapshot: Snapshot) -> str:
    """Why it is not known what a change may disturb; empty where it is."""
    if why := snapshot.unavailable.get(Part.POLICY):
        return f"{Part.POLICY} cannot be listed: {why}"
    return "; ".join(map(str, snapshot.unreadable_of("MachineConfiguration")))


def _gone(snapshot: Snapshot) -> frozenset[str]:
    """The configs that nodes are on their way to, and that are no more: their pool was deleted."""
    there = {each.metadata.name for each in snapshot.machine_configs}
    spoken_of = {
        name
        for node in snapshot.nodes
        for name in (node.status.current_config, node.status.desired_config, node.annotated_config)
    }
    return frozenset(spoken_of - there)


def _rendered(
    pool: MachineConfigPool, snapshot: Snapshot, boot_user: str, renderer: Renderer
) -> Rendered | tuple[str, ...]:
    """The pool's rendered config, or why there is none."""
    name = pool.metadata.name
    if problems := tuple(_unreadable(pool, snapshot)):
        return problems
    needed = names.MASTER if name == names.MASTER else names.WORKER
    if needed not in {each.metadata.name for each in snapshot.pools}:
        return (_NOTHING_TO_INHERIT,)
    made = renderer(name, sources(pool, snapshot.pools, snapshot.machine_configs), boot_user)
    return made if isinstance(made, Rendered) else tuple(map(str, made))


def _unreadable(pool: MachineConfigPool, snapshot: Snapshot) -> Iterator[str]:
    """What the pool is made of and cannot be read."""
    inherits = pool.name not in {names.MASTER, names.WORKER}
    for each in snapshot.unreadable:
        if each.kind == "MachineConfig" and selects(pool, snapshot.pools, each.labels):
            yield str(each)
        if each.kind == "MachineConfigPool" and inherits and each.name == names.WORKER:
            yield f"{each} (this pool inherits its MachineConfigs)"
