"""A pool's status: counts, and conditions whose messages name what they are about."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from controller.api import names
from controller.api.machine_config_node import NodeState
from controller.api.machine_config_pool import (
    MachineConfigPool,
    MachineConfigPoolStatus,
    PoolConfiguration,
)
from controller.api.meta import Condition, ConditionStatus
from controller.planning.node import Node
from controller.planning.summary import summarize_names

_LONGEST = 32_000


def pool_status(
    pool: MachineConfigPool,
    members: Sequence[Node],
    configuration: PoolConfiguration | None,
    render_problems: Sequence[str],
    now: datetime,
) -> MachineConfigPoolStatus:
    """The status of a pool whose rendered config in force is `configuration`.

    The status' own configuration moves only when every member is Done on it.
    """
    target = (configuration.name or "") if configuration else ""
    updated = [node for node in members if target and node.settled_on(target)]
    whole = bool(target) and len(updated) == len(members)
    before = {each.type: each for each in pool.status.conditions}
    found = _conditions(pool, members, updated, target, render_problems)
    return MachineConfigPoolStatus(
        observed_generation=pool.metadata.generation,
        configuration=configuration if whole else pool.status.configuration,
        machine_count=len(members),
        updated_machine_count=len(updated),
        ready_machine_count=sum(node.available for node in updated),
        unavailable_machine_count=sum(node.in_update or not node.available for node in members),
        degraded_machine_count=sum(node.status.state is NodeState.DEGRADED for node in members),
        conditions=tuple(_timed(each, before.get(each.type), now) for each in found),
    )


def unreadable(why: str, now: datetime) -> tuple[Condition, ...]:
    """The conditions of a pool of which nothing is known but that it cannot be read."""
    kinds = (names.RENDER_DEGRADED, names.DEGRADED)
    found = (_condition(each, holds=True, words=[f"cannot be read: {why}"]) for each in kinds)
    return tuple(_timed(each, None, now) for each in found)


def _conditions(
    pool: MachineConfigPool,
    members: Sequence[Node],
    updated: Sequence[Node],
    target: str,
    render_problems: Sequence[str],
) -> Iterator[Condition]:
    updating = [node for node in members if node.status.state is NodeState.WORKING]
    degraded = [node for node in members if node.status.state is NodeState.DEGRADED]
    on_target = f"{len(updated)} of {len(members)} nodes are on {target or 'no config'}"
    stopped = dict(_stopped(pool, members))
    yield _condition(
        names.UPDATED,
        holds=bool(target) and len(updated) == len(members),
        words=[on_target, *stopped.values()],
        reason=next(iter(stopped), ""),
    )
    yield _condition(names.UPDATING, holds=bool(updating), words=map(_updating, updating))
    problems = [f"{node.name}: {node.status.reason}" for node in degraded]
    yield _condition(names.NODE_DEGRADED, holds=bool(problems), words=problems)
    yield _condition(names.RENDER_DEGRADED, holds=bool(render_problems), words=render_problems)
    both = [*render_problems, *problems]
    yield _condition(names.DEGRADED, holds=bool(both), words=both)


def _stopped(pool: MachineConfigPool, members: Sequence[Node]) -> Iterator[tuple[str, str]]:
    """By what people have stopped the rollout, in one word for programs and in words."""
    if pool.spec.paused:
        yield names.PAUSED, "the pool is paused"
    if held := [node.name for node in members if node.held]:
        yield names.NODES_HELD, f"held by an administrator: {summarize_names(held)}"


def _updating(node: Node) -> str:
    phase = node.status.phase or "Pending"
    return f"{node.name}: {node.status.reason or phase}"


def _condition(
    kind: str, *, holds: bool, words: Sequence[str] | Iterator[str], reason: str = ""
) -> Condition:
    message = "; ".join(words)
    return Condition(
        type=kind,
        status=ConditionStatus.TRUE if holds else ConditionStatus.FALSE,
        reason=reason or (kind if holds else f"Not{kind}"),
        message=message[:_LONGEST],
    )


def _timed(condition: Condition, before: Condition | None, now: datetime) -> Condition:
    same = before is not None and before.status == condition.status
    time = before.last_transition_time if before and same else now
    return condition.model_copy(update={"last_transition_time": time})
