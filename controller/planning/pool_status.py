"""A pool's status: counts, and conditions whose messages name what they are about."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from controller.api import names
from controller.api.machine_config_node import NodeState
from controller.api.machine_config_pool import (
    MachineConfigPool,
    MachineConfigPoolStatus,
    PoolConfiguration,
)
from controller.api.meta import Condition, ConditionStatus
from controller.planning.control_plane.size import remembered_nodes
from controller.planning.node import Node
from controller.planning.texts import summarize_names

_MAX_MESSAGE = 32_000
_MAX_WAITS = 10  # reasons in one message
_NONE: Mapping[str, str] = {}


def pool_status(  # noqa: PLR0913 - the facts of a status
    pool: MachineConfigPool,
    members: Sequence[Node],
    configuration: PoolConfiguration | None,
    render_problems: Sequence[str],
    now: datetime,
    waits: Mapping[str, str] = _NONE,
    waits_for_user: Sequence[str] = (),
) -> MachineConfigPoolStatus:
    """Return the status of a pool whose target is `configuration`.

    `waits` are the members for which this pass does nothing, with the reasons; `waits_for_user` are
    those reasons that only a user can end. The configuration in the status changes only when every
    member is Done on it.
    """
    target = (configuration.name or "") if configuration else ""
    updated = [node for node in members if target and node.settled_on(target)]
    complete = bool(target) and len(updated) == len(members)
    before = {condition.type: condition for condition in pool.status.conditions}
    stopped = dict(_stopped(pool, members, waits_for_user))
    others = {name: reason for name, reason in waits.items() if reason not in waits_for_user}
    waiting = "" if complete else _waiting(members, target, others)
    found = _conditions(members, updated, target, render_problems, stopped, waiting)
    return MachineConfigPoolStatus(
        observed_generation=pool.metadata.generation,
        configuration=configuration if complete else pool.status.configuration,
        machine_count=len(members),
        updated_machine_count=len(updated),
        ready_machine_count=sum(node.available for node in updated),
        unavailable_machine_count=sum(node.in_update or not node.available for node in members),
        degraded_machine_count=sum(node.status.state is NodeState.DEGRADED for node in members),
        control_plane_nodes=remembered_nodes(pool, len(members)),
        conditions=tuple(_timed(condition, before.get(condition.type), now) for condition in found),
    )


def unreadable_conditions(reason: str, now: datetime) -> tuple[Condition, ...]:
    """Return the conditions of a pool that cannot be parsed."""
    types = (names.RENDER_DEGRADED, names.DEGRADED)
    found = (
        _condition(condition_type, holds=True, messages=[f"cannot be read: {reason}"])
        for condition_type in types
    )
    return tuple(_timed(condition, None, now) for condition in found)


def _conditions(  # noqa: PLR0913 - what the conditions are about
    members: Sequence[Node],
    updated: Sequence[Node],
    target: str,
    render_problems: Sequence[str],
    stopped: Mapping[str, str],
    waiting: str,
) -> Iterator[Condition]:
    updating = [node for node in members if node.status.state is NodeState.WORKING]
    degraded = [node for node in members if node.status.state is NodeState.DEGRADED]
    on_target = f"{len(updated)} of {len(members)} nodes are on {target or 'no config'}"
    # A pool that makes progress needs no reason.
    idle = "" if updating or not waiting else names.WAITING
    yield _condition(
        names.UPDATED,
        holds=bool(target) and len(updated) == len(members),
        messages=[on_target, *stopped.values(), *filter(None, [waiting])],
        reason=next(iter(stopped), idle),
    )
    yield _condition(names.UPDATING, holds=bool(updating), messages=map(_updating, updating))
    problems = [f"{node.name}: {node.status.reason}" for node in degraded]
    yield _condition(names.NODE_DEGRADED, holds=bool(problems), messages=problems)
    yield _condition(names.RENDER_DEGRADED, holds=bool(render_problems), messages=render_problems)
    both = [*render_problems, *problems]
    yield _condition(names.DEGRADED, holds=bool(both), messages=both)


def _stopped(
    pool: MachineConfigPool, members: Sequence[Node], waits: Sequence[str]
) -> Iterator[tuple[str, str]]:
    """Yield a reason and a message for each way in which the rollout is stopped."""
    if pool.spec.paused:
        yield names.PAUSED, "the pool is paused"
    if held := [node.name for node in members if node.held]:
        yield names.NODES_HELD, f"held by an administrator: {summarize_names(held)}"
    if waits:
        yield names.NEEDS_USER, "; ".join(waits)


def _waiting(members: Sequence[Node], target: str, waits: Mapping[str, str]) -> str:
    """Return why members wait whose updates have not begun, and which nodes take their slots."""
    settled = (NodeState.DONE, None)
    alike: dict[str, list[str]] = {}
    for node in members:
        behind = node.status.state in settled and not node.settled_on(target) and not node.held
        if behind and node.name in waits:
            alike.setdefault(waits[node.name], []).append(node.name)
    if not alike:
        return ""
    texts = [f"{summarize_names(nodes)}: {reason}" for reason, nodes in alike.items()]
    down = [node.name for node in members if not node.ready]
    unready = [f"not Ready: {summarize_names(down)}"] if down else []
    return "; ".join([*texts[:_MAX_WAITS], *unready])


def _updating(node: Node) -> str:
    phase = node.status.phase or "Pending"
    return f"{node.name}: {node.status.reason or phase}"


def _condition(
    condition_type: str, *, holds: bool, messages: Iterable[str], reason: str = ""
) -> Condition:
    return Condition(
        type=condition_type,
        status=ConditionStatus.TRUE if holds else ConditionStatus.FALSE,
        reason=reason or (condition_type if holds else f"Not{condition_type}"),
        message="; ".join(messages)[:_MAX_MESSAGE],
    )


def _timed(condition: Condition, before: Condition | None, now: datetime) -> Condition:
    same = before is not None and before.status == condition.status
    time = before.last_transition_time if before and same else now
    return condition.model_copy(update={"last_transition_time": time})
