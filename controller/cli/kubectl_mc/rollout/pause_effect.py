"""What pausing or resuming a pool means for its nodes; pure."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from controller.cli.kubectl_mc.arguments.pool_lookup import find_pool
from controller.cli.kubectl_mc.rollout.forecast import (
    NodeForecast,
    PoolForecast,
    forecast_rollout,
)
from controller.cli.kubectl_mc.terminal.console import Line
from controller.planning.node import Node
from controller.planning.rollout.decision import Step
from controller.planning.snapshot import Snapshot
from controller.planning.texts import summarize_names


@dataclass(frozen=True)
class PauseEffect:
    """A pool, whether `paused` is a change for it, and the effects on its nodes."""

    pool: str
    paused: bool
    changed: bool
    effects: tuple[str, ...]

    def lines(self) -> Iterator[Line]:
        """Yield the effect as text."""
        if self.paused:
            state = "is paused" if self.changed else "is already paused"
        else:
            state = "is resumed" if self.changed else "is not paused"
        yield [(f"pool {self.pool}", "bold"), f" {state}"]
        yield from ([f"  {effect}"] for effect in self.effects)


def pause_effects(
    named: Iterable[str], snapshot: Snapshot, boot_user: str, now: datetime, *, paused: bool
) -> tuple[PauseEffect, ...]:
    """Return what setting `paused` on these pools means.

    Raises:
        CommandError: there is no such pool.
    """
    selected = {name: find_pool(name, snapshot.pools) for name in named}
    then = replace(
        snapshot,
        pools=tuple(
            pool.model_copy(update={"spec": pool.spec.model_copy(update={"paused": paused})})
            if pool.name in selected
            else pool
            for pool in snapshot.pools
        ),
    )
    pools = {pool.plan.name: pool for pool in forecast_rollout(then, boot_user, now).pools}
    effects = _when_paused if paused else _when_resumed
    return tuple(
        PauseEffect(name, paused, pool.spec.paused != paused, tuple(effects(pools[name])))
        for name, pool in selected.items()
    )


def _when_paused(pool: PoolForecast) -> Iterator[str]:
    updating = [each.node for each in pool.nodes if each.node.in_update]
    applied = [node for node in updating if node.status.applied]
    cancelled = [
        each.node
        for each in pool.nodes
        if each.node in updating and each.node not in applied and _is_cancelled(each)
    ]
    remaining = [
        each.node
        for each in pool.nodes
        if not each.node.settled_on(pool.plan.target) and each.node not in [*applied, *cancelled]
    ]
    target = pool.plan.target
    if applied:
        yield f"{_count(applied)} after the apply: will finish the update"
    if cancelled:
        yield f"{_count(cancelled)} before the apply: will be uncordoned, and not updated"
    if remaining:
        yield f"{_count(remaining)} not on {target or 'a rendered config'}: will not be updated"
    if not updating and not remaining:
        yield f"all {len(pool.nodes)} nodes are on {target or 'no rendered config'}"


def _is_cancelled(forecast: NodeForecast) -> bool:
    """Return whether the plan returns the node to its current config."""
    return forecast.now.step in {Step.TARGET, Step.CANCEL}


def _when_resumed(pool: PoolForecast) -> Iterator[str]:
    updating = [each.node for each in pool.nodes if each.node.in_update]
    upcoming = [
        each.node for each in pool.nodes if _is_upcoming(each) and each.node not in updating
    ]
    others = [
        each
        for each in pool.nodes
        if not each.node.settled_on(pool.plan.target) and each.node not in [*updating, *upcoming]
    ]
    target = pool.plan.target
    if updating:
        yield f"{_count(updating)} in an update: will continue"
    if upcoming:
        at_once = pool.plan.pool.spec.max_unavailable
        yield f"{_count(upcoming)} will be updated to {target}, at most {at_once} at a time"
    yield from (f"{each.node.name} will not be updated: {each.now.reason}" for each in others)
    if not updating and not upcoming and not others:
        yield f"all {len(pool.nodes)} nodes are on {target or 'no rendered config'}"
    yield from (f"error: {problem}" for problem in pool.plan.problems)


def _is_upcoming(forecast: NodeForecast) -> bool:
    steps = {forecast.now.step, forecast.next.step if forecast.next else Step.NONE}
    return bool(steps & {Step.TARGET, Step.RUN, Step.HAND_OVER})


def _count(nodes: Collection[Node]) -> str:
    """Return how many nodes these are, and their names."""
    noun = "node" if len(nodes) == 1 else "nodes"
    return f"{len(nodes)} {noun} ({summarize_names([node.name for node in nodes])})"
