"""The whole plan: from one snapshot to every pool's config, members and decisions."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from controller.api.machine_config_pool import MachineConfigPool
from controller.planning.membership import membership
from controller.planning.rollout import Decision, rollout
from controller.planning.snapshot import Node, Runs, Snapshot
from controller.rendering.refusal import Refusal
from controller.rendering.render import Rendered, render
from controller.rendering.selection import sources


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


def plan(snapshot: Snapshot, runs: Runs, boot_user: str, now: datetime) -> tuple[PoolPlan, ...]:
    """One plan a pool, ordered by name."""
    divided = membership(snapshot.nodes, snapshot.pools)
    return tuple(
        _of_pool(pool, snapshot, divided.members, divided.errors, runs, boot_user, now)
        for pool in sorted(snapshot.pools, key=lambda each: each.metadata.name)
    )


def _of_pool(  # noqa: PLR0913 - one pool's share of everything that a plan rests on
    pool: MachineConfigPool,
    snapshot: Snapshot,
    members: Mapping[str, tuple[Node, ...]],
    errors: Mapping[str, tuple[str, ...]],
    runs: Runs,
    boot_user: str,
    now: datetime,
) -> PoolPlan:
    name = pool.metadata.name
    made = render(name, sources(pool, snapshot.pools, snapshot.machine_configs), boot_user)
    rendered = made if isinstance(made, Rendered) else None
    refusals: tuple[Refusal, ...] = () if isinstance(made, Rendered) else made
    in_force = pool.spec.configuration.name if pool.spec.configuration else None
    target = rendered.name if rendered else in_force or ""
    return PoolPlan(
        pool=pool,
        rendered=rendered,
        problems=(*map(str, refusals), *errors[name]),
        target=target,
        members=members[name],
        decisions=tuple(rollout(pool, members[name], target, runs, now)),
    )
