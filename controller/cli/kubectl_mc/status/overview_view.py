"""How pools and nodes stand, as people are shown it; pure."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from controller.api import names
from controller.api.machine_config_pool import MachineConfigPool
from controller.api.meta import Condition, ConditionStatus
from controller.cli.kubectl_mc.status.node_details import config, page
from controller.cli.kubectl_mc.status.overview import Member, Standing
from controller.cli.kubectl_mc.terminal.age import age
from controller.cli.kubectl_mc.terminal.entries import Entry, tabled
from controller.planning.snapshot import Unreadable

_POOL: Final = ("POOL", "TARGET", "UPDATED", "READY", "UNAVAILABLE", "DEGRADED", "MAXUNAVAILABLE")
_SINCE: Final = "SINCE"
_NODE: Final = ("NODE", "POOL", "STATE", "PHASE", _SINCE, "CONFIG", "REASON")
_NONE: Final = "-"
_NOBODY: Final = "no pools and no nodes; the controller makes the default pools when it starts"
# Degraded says no more than the one of these that holds.
_DEGRADED_BY: Final = {names.NODE_DEGRADED, names.RENDER_DEGRADED}


def entries(of: Standing, now: datetime, width: int | None = None) -> Iterator[Entry]:
    """Everything that there is to show, from top to bottom, in tables no wider than `width`."""
    sections = (
        tuple(of.leadership.entries(now)),
        tuple(_pools(of.pools, now, width)),
        tuple(_nodes(of.members, now, width)),
        (*map(_unreadable, of.unreadable), *map(_not_selected, of.not_selected)),
        *((page(each, now),) for each in of.named),
    )
    there = [section for section in sections if section]
    if not of.pools and not of.members and not of.named:
        there.append((Entry("nobody", None, ([_NOBODY],)),))
    for index, section in enumerate(there):
        if index:
            yield Entry(f"gap {index}", None, ([],))
        yield from section


def _unreadable(of: Unreadable) -> Entry:
    subject = f"{of.kind} {of.name}"
    line = (f"{subject}: ", ("unreadable", "bold red"), f": {of.why}")
    return Entry(subject, of.why, (line,), f"{subject} can be read again")


def _not_selected(config: str) -> Entry:
    line = (
        f"MachineConfig {config}: ",
        ("not selected", "bold"),
        ": no pool selects it by its labels",
    )
    return Entry(f"MachineConfig {config}", None, (line,), f"MachineConfig {config} is selected")


def _pools(pools: Iterable[MachineConfigPool], now: datetime, width: int | None) -> Iterator[Entry]:
    rows = [_pool(each) for each in pools]
    if rows:
        yield from tabled("pool", _POOL, rows, width)
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
    """What the counts do not say: that it is paused, and the conditions that hold."""
    if pool.spec.paused:
        yield _remark(pool, "paused", "", "no node is given a new config", "")
    if pool.status.observed_generation is None:
        yield _remark(pool, "new", "", "the controller has not looked at it yet", "")
    holding = [each for each in pool.status.conditions if each.status is ConditionStatus.TRUE]
    said = {each.type for each in holding}
    for each in holding:
        if each.type != names.DEGRADED or not said & _DEGRADED_BY:
            style = "bold red" if each.type in {names.DEGRADED, *_DEGRADED_BY} else "bold"
            yield _remark(pool, each.type, _since(each, now), each.message, style)


def _remark(pool: MachineConfigPool, word: str, since: str, message: str, style: str) -> Entry:
    subject = f"{pool.name}: {word}"
    line = (f"{pool.name}: ", (word, style), f"{since}: {message}")
    return Entry(subject, message, (line,), f"{subject}: no longer")


def _since(condition: Condition, now: datetime) -> str:
    time = condition.last_transition_time
    return f" for {age(now - time)}" if time else ""


def _nodes(members: Iterable[Member], now: datetime, width: int | None) -> Iterator[Entry]:
    rows = [_node(each, now) for each in members]
    if rows:
        yield from tabled("node", _NODE, rows, width, ageing=_SINCE)


def _node(member: Member, now: datetime) -> tuple[str, ...]:
    status = member.node.status
    return (
        member.node.name,
        member.pool or _NONE,
        status.state or _NONE,
        status.phase or _NONE,
        age(now - status.phase_since) if status.phase_since else _NONE,
        config(status) or _NONE,
        "; ".join(member.remarks()),
    )
