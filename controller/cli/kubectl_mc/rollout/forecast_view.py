"""The forecast as text and JSON; pure."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final

from controller.api.json_object import Json
from controller.api.machine_config_node import Blocker
from controller.api.machine_configuration import ActionType
from controller.cli.kubectl_mc.comparison.pool_diff_view import (
    disruption_document,
    disruption_lines,
)
from controller.cli.kubectl_mc.rollout.forecast import Forecast, NodeForecast, PoolForecast
from controller.cli.kubectl_mc.terminal.console import Line
from controller.cli.kubectl_mc.terminal.durations import age
from controller.cli.kubectl_mc.terminal.tables import table
from controller.planning.drain.forecast import DrainForecast
from controller.planning.rollout.decision import Decision, Step
from controller.planning.texts import summarize_names

_MAX_PODS: Final = 10  # that the text lists of a drain


def forecast_lines(forecast: Forecast, now: datetime) -> Iterator[Line]:
    """Yield a title for each pool, and below it a line for each node."""
    groups = [tuple(_pool(pool, now)) for pool in forecast.pools]
    if forecast.unassigned:
        groups.append(([("in no pool", "bold")], *_nodes(forecast.unassigned, now)))
    for index, group in enumerate(groups):
        if index:
            yield []
        yield from group


def _pool(pool: PoolForecast, now: datetime) -> Iterator[Line]:
    yield [(f"pool {pool.plan.name}: ", "bold"), (_target(pool), "bold"), _summary(pool)]
    for problem in pool.plan.problems:
        yield ["  ", ("error", "bold red"), f": {problem}"]
    for consequence in _consequences(pool):
        yield ["  ", ("note", "bold yellow"), f": {consequence}"]
    if pool.disruption:
        yield from disruption_lines(pool.disruption)
    yield from _nodes(pool.nodes, now)


def _consequences(pool: PoolForecast) -> Sequence[str]:
    """Return what a reboot of a node means for the cluster, unless none is needed."""
    actions = pool.disruption.actions if pool.disruption else None
    reboots = actions is None or any(action.type is ActionType.REBOOT for action in actions)
    return pool.plan.consequences if reboots else ()


def _target(pool: PoolForecast) -> str:
    target, current = pool.plan.target or "no rendered config", pool.current_target
    return target if target == current else f"{current or 'nothing'} -> {target}"


def _summary(pool: PoolForecast) -> str:
    members, spec = pool.plan.members, pool.plan.pool.spec
    updated = sum(node.settled_on(pool.plan.target) for node in members)
    limit = f"maxUnavailable {spec.max_unavailable}"
    paused = ", paused" if spec.paused else ""
    return f", {updated} of {len(members)} nodes updated, {limit}{paused}"


def _nodes(nodes: Sequence[NodeForecast], now: datetime) -> Iterator[Line]:
    rows = [
        (each.node.name, str(each.turn) if each.turn else "-", _now(each, now)) for each in nodes
    ]
    if rows:
        yield from (["  ", *line] for line in table(("NODE", "NEXT", "NOW"), rows))
    for each in nodes:
        if each.drain:
            yield from _drain(each.node.name, each.drain)


def _drain(node: str, drain: DrainForecast) -> Iterator[Line]:
    """Yield the pods that a drain of the node loses for good, and those that block it."""
    lossy = [eviction for eviction in drain.evictions if eviction.loss]
    for eviction in lossy[:_MAX_PODS]:
        yield [f"  {node}: evicts {eviction.pod}: {eviction.loss}"]
    for blocker in drain.blockers[:_MAX_PODS]:
        yield [f"  {node}: ", ("blocked", "yellow"), f" by {blocker.pod}: {blocker.message}"]
        yield [f"    remedy: {blocker.remedy}"]
    for blocker in drain.left[:_MAX_PODS]:
        yield [f"  {node}: does not wait for {blocker.pod}: {blocker.message}"]
    if drain.stranded:
        pods = summarize_names(drain.stranded)
        yield [f"  {node}: leaves {pods}: no other node could take them (drain.strandedPods)"]
    more = sum(len(each[_MAX_PODS:]) for each in (lossy, drain.blockers, drain.left))
    if more:
        yield [f"  {node}: and {more} more; -o json lists all"]


def _now(forecast: NodeForecast, now: datetime) -> str:
    if forecast.in_update:
        return _phase(forecast, now)
    step, reason = forecast.now.step, forecast.now.reason
    return reason if step is Step.NONE else f"{step}: {reason}"


def _phase(forecast: NodeForecast, now: datetime) -> str:
    status = forecast.node.status
    since = f" for {age(now - status.since)}" if status.since else ""
    reason = f": {status.reason}" if status.reason else ""
    return f"in phase {status.phase or 'start'}{since}{reason}"


def forecast_document(forecast: Forecast, forbidden_namespaces: Iterable[str]) -> Json:
    """Return JSON, with the namespaces whose pods could not be listed."""
    return {
        "pools": [_pool_document(pool) for pool in forecast.pools],
        "inNoPool": [_node_document(each) for each in forecast.unassigned],
        "unseenPodsOf": list(forbidden_namespaces),
    }


def _pool_document(pool: PoolForecast) -> Json:
    spec = pool.plan.pool.spec
    return {
        "pool": pool.plan.name,
        "before": pool.current_target or None,
        "target": pool.plan.target or None,
        "paused": spec.paused,
        "maxUnavailable": spec.max_unavailable,
        "problems": list(pool.plan.problems),
        "consequences": list(_consequences(pool)),
        "disruption": disruption_document(pool.disruption) if pool.disruption else None,
        "nodes": [_node_document(each) for each in pool.nodes],
    }


def _node_document(forecast: NodeForecast) -> Json:
    status = forecast.node.status.model_dump(mode="json", by_alias=True)
    times = ("stateSince", "phaseSince", "drainingSince")
    shown = ("state", "phase", *times, "currentConfig", "desiredConfig", "blockedBy")
    then = forecast.next
    return {
        "node": forecast.node.name,
        **{field: status[field] for field in shown},
        "now": _in_update(forecast) if forecast.in_update else _decision(forecast.now),
        "drain": _drain_document(forecast.drain) if forecast.drain else None,
        "next": {"turn": forecast.turn, **_decision(then)} if then else None,
    }


def _drain_document(drain: DrainForecast) -> Json:
    evictions = ({"pod": str(each.pod), "cost": each.loss} for each in drain.evictions)
    return {
        "evictions": list(evictions),
        "blockers": [_blocker_document(blocker) for blocker in drain.blockers],
        "left": [_blocker_document(blocker) for blocker in drain.left],
        "stranded": list(drain.stranded),
    }


def _blocker_document(blocker: Blocker) -> Json:
    return blocker.model_dump(mode="json", by_alias=True)


def _in_update(forecast: NodeForecast) -> Json:
    status = forecast.node.status
    return {"step": "update", "reason": status.reason, "config": status.desired_config}


def _decision(decision: Decision) -> Json:
    return {
        "step": decision.step.value,
        "reason": decision.reason,
        "config": decision.config or None,
    }
