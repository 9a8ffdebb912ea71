"""The outlook as people and programs are shown it; pure."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final

from controller.api.json_object import Json
from controller.cli.kubectl_mc.comparison import pool_diff
from controller.cli.kubectl_mc.rollout.forecast import Outlook, PoolOutlook, Prospect
from controller.cli.kubectl_mc.terminal.age import age
from controller.cli.kubectl_mc.terminal.console import Line, table
from controller.planning.drain.forecast import DrainForecast
from controller.planning.rollout.decision import Decision, Step

_MOST: Final = 10  # pods that people are shown of a drain


def lines(of: Outlook, now: datetime) -> Iterator[Line]:
    """A title for each pool, and below it a line for each node."""
    groups = [tuple(_pool(each, now)) for each in of.pools]
    if of.unassigned:
        groups.append(([("in no pool", "bold")], *_nodes(of.unassigned, now)))
    for index, group in enumerate(groups):
        if index:
            yield []
        yield from group


def _pool(pool: PoolOutlook, now: datetime) -> Iterator[Line]:
    yield [(f"pool {pool.plan.name}: ", "bold"), (_target(pool), "bold"), _facts(pool)]
    for problem in pool.plan.problems:
        yield ["  ", ("error", "bold red"), f": {problem}"]
    if pool.disruption:
        yield from pool_diff.disruption_lines(pool.disruption)
    yield from _nodes(pool.prospects, now)


def _target(pool: PoolOutlook) -> str:
    target = pool.plan.target or "no rendered config"
    return target if target == pool.in_force else f"{pool.in_force or 'nothing'} -> {target}"


def _facts(pool: PoolOutlook) -> str:
    members, spec = pool.plan.members, pool.plan.pool.spec
    there = sum(node.settled_on(pool.plan.target) for node in members)
    paused = ", paused" if spec.paused else ""
    most = spec.max_unavailable
    return f", {there} of {len(members)} nodes there, maxUnavailable {most}{paused}"


def _nodes(prospects: Sequence[Prospect], now: datetime) -> Iterator[Line]:
    rows = [
        (each.node.name, str(each.turn) if each.turn else "-", _now(each, now))
        for each in prospects
    ]
    if rows:
        yield from (["  ", *line] for line in table(("NODE", "NEXT", "NOW"), rows))
    for each in prospects:
        if each.drain:
            yield from _drain(each.node.name, each.drain)


def _drain(node: str, drain: DrainForecast) -> Iterator[Line]:
    """What the drain of a node would cost, and what would block it."""
    costs = [each for each in drain.evictions if each.loss]
    for each in costs[:_MOST]:
        yield [f"  {node}: evicts {each.pod}: {each.loss}"]
    for blocker in drain.blockers[:_MOST]:
        yield [f"  {node}: ", ("blocked", "yellow"), f" by {blocker.pod}: {blocker.message}"]
        yield [f"    remedy: {blocker.remedy}"]
    left = len(costs[_MOST:]) + len(drain.blockers[_MOST:])
    if left:
        yield [f"  {node}: and {left} more; -o json has them all"]


def _now(of: Prospect, now: datetime) -> str:
    if of.in_update:
        return _phase(of, now)
    return of.now.reason if of.now.step is Step.NONE else f"{of.now.step}: {of.now.reason}"


def _phase(of: Prospect, now: datetime) -> str:
    status = of.node.status
    since = f" for {age(now - status.phase_since)}" if status.phase_since else ""
    reason = f": {status.reason}" if status.reason else ""
    return f"in phase {status.phase or 'start'}{since}{reason}"


def document(of: Outlook, unseen: Iterable[str]) -> Json:
    """The same for programs; `unseen` are the namespaces whose pods were not looked at."""
    return {
        "pools": [_pool_document(each) for each in of.pools],
        "inNoPool": [_node_document(each) for each in of.unassigned],
        "unseenPodsOf": list(unseen),
    }


def _pool_document(pool: PoolOutlook) -> Json:
    spec = pool.plan.pool.spec
    return {
        "pool": pool.plan.name,
        "before": pool.in_force or None,
        "target": pool.plan.target or None,
        "paused": spec.paused,
        "maxUnavailable": spec.max_unavailable,
        "problems": list(pool.plan.problems),
        "disruption": pool_diff.disruption_document(pool.disruption) if pool.disruption else None,
        "nodes": [_node_document(each) for each in pool.prospects],
    }


def _node_document(of: Prospect) -> Json:
    status = of.node.status.model_dump(mode="json", by_alias=True)
    shown = ("state", "phase", "phaseSince", "currentConfig", "desiredConfig", "blockedBy")
    return {
        "node": of.node.name,
        **{each: status[each] for each in shown},
        "now": _in_update(of) if of.in_update else _decision(of.now),
        "drain": _drain_document(of.drain) if of.drain else None,
        "next": {"turn": of.turn, **_decision(of.next)} if of.next else None,
    }


def _drain_document(drain: DrainForecast) -> Json:
    evictions = ({"pod": str(each.pod), "cost": each.loss} for each in drain.evictions)
    return {
        "evictions": list(evictions),
        "blockers": [each.model_dump(mode="json", by_alias=True) for each in drain.blockers],
    }


def _in_update(of: Prospect) -> Json:
    status = of.node.status
    return {"step": "update", "reason": status.reason, "config": status.desired_config}


def _decision(decision: Decision) -> Json:
    return {
        "step": decision.step.value,
        "reason": decision.reason,
        "config": decision.config or None,
    }
