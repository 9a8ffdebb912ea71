"""The overview of pools and nodes as text; pure."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from controller.api import names
from controller.api.machine_config_pool import MachineConfigPool
from controller.api.meta import Condition, ConditionStatus
from controller.cli.kubectl_mc.status.node_details import config_transition, node_details
from controller.cli.kubectl_mc.status.overview import Member, Overview
from controller.cli.kubectl_mc.terminal.durations import age
from controller.cli.kubectl_mc.terminal.entries import Entry, table_entries
from controller.planning.snapshot import Unreadable

_POOL: Final = ("POOL", "TARGET", "UPDATED", "READY", "UNAVAILABLE", "DEGRADED", "MAXUNAVAILABLE")
_SINCE: Final = "SINCE"
_NODE: Final = ("NODE", "POOL", "STATE", "PHASE", _SINCE, "CONFIG", "REASON")
_NONE: Final = "-"
_UNKNOWN: Final = "?"
_EMPTY: Final = "no pools and no nodes; the controller creates the default pools when it starts"
# A pool is Degraded because of one of these, which makes the condition Degraded redundant.
_DEGRADED_BY: Final = {names.NODE_DEGRADED, names.RENDER_DEGRADED}


def overview_entries(
    overview: Overview, now: datetime, width: int | None = None
) -> Iterator[Entry]:
    """Yield everything from top to bottom, in tables of at most `width` columns."""
    sections = (
        tuple(overview.leadership.entries(now)),
        tuple(_pools(overview.pools, now, width)),
        tuple(_nodes(overview.members, now, width)),
        (*map(_unreadable, overview.unreadable), *map(_not_selected, overview.not_selected)),
        *((node_details(member, now),) for member in overview.named),
    )
    shown = [section for section in sections if section]
    if not overview.pools and not overview.members and not overview.named:
        shown.append((Entry("empty", None, ([_EMPTY],)),))
    for index, section in enumerate(shown):
        if index:
            yield Entry(f"gap {index}", None, ([],))
        yield from section


def _unreadable(unreadable: Unreadable) -> Entry:
    subject = f"{unreadable.kind} {unreadable.name}"
    line = (f"{subject}: ", ("unreadable", "bold red"), f": {unreadable.reason}")
    return Entry(subject, unreadable.reason, (line,), f"{subject} can be read again")


def _not_selected(config: str) -> Entry:
    line = (
        f"MachineConfig {config}: ",
        ("not selected", "bold"),
        ": no pool selects it by its labels",
    )
    return Entry(f"MachineConfig {config}", None, (line,), f"MachineConfig {config} is selected")


def _pools(pools: Iterable[MachineConfigPool], now: datetime, width: int | None) -> Iterator[Entry]:
    rows = [_pool(pool) for pool in pools]
    if rows:
        yield from table_entries("pool", _POOL, rows, width)
    for pool in pools:
        yield from _remarks(pool, now)


def _pool(pool: MachineConfigPool) -> tuple[str, ...]:
    spec, status = pool.spec, pool.status
    counts = (
        status.ready_machine_count,
        status.unavailable_machine_count,
        status.degraded_machine_count,
        spec.max_unavailable,
    )
    return (
        pool.name,
        (spec.configuration.name if spec.configuration else None) or _NONE,
        f"{status.updated_machine_count}/{status.machine_count}",
        *map(str, counts),
    )


def _remarks(pool: MachineConfigPool, now: datetime) -> Iterator[Entry]:
    """Yield what the counts do not show: a pause, and the conditions that are true."""
    if pool.spec.paused:
        yield _remark(pool, "paused", "", "no node is given a new config", "")
    if pool.status.observed_generation is None:
        yield _remark(pool, "new", "", "the controller has not processed it yet", "")
    true = [each for each in pool.status.conditions if each.status is ConditionStatus.TRUE]
    types = {condition.type for condition in true}
    for condition in true:
        if condition.type != names.DEGRADED or not types & _DEGRADED_BY:
            is_degraded = condition.type in {names.DEGRADED, *_DEGRADED_BY}
            style = "bold red" if is_degraded else "bold"
            yield _remark(pool, condition.type, _since(condition, now), condition.message, style)


def _remark(pool: MachineConfigPool, title: str, since: str, message: str, style: str) -> Entry:
    subject = f"{pool.name}: {title}"
    line = (f"{pool.name}: ", (title, style), f"{since}: {message}")
    return Entry(subject, message, (line,), f"{subject}: no longer")


def _since(condition: Condition, now: datetime) -> str:
    time = condition.last_transition_time
    return f" for {age(now - time)}" if time else ""


def _nodes(members: Iterable[Member], now: datetime, width: int | None) -> Iterator[Entry]:
    rows = [_node(member, now) for member in members]
    if rows:
        yield from table_entries("node", _NODE, rows, width, age_column=_SINCE)


def _node(member: Member, now: datetime) -> tuple[str, ...]:
    status = member.node.status
    return (
        member.node.name,
        member.pool or (_UNKNOWN if member.pool_error else _NONE),
        status.state or _NONE,
        status.phase or _NONE,
        age(now - status.since) if status.since else _NONE,
        config_transition(status) or _NONE,
        "; ".join(member.remarks()),
    )
