"""The nodes whose drain comes next, so that its costs and blockers can be shown before; pure."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Final

from controller.api.drain import DrainSettings
from controller.api.machine_config_node import NodeState, Phase
from controller.api.machine_configuration import ClusterPolicies
from controller.cli.kubectl_mc.comparison.pool_diff import pool_diff
from controller.cli.kubectl_mc.rollout.forecast import Forecast, NodeForecast, PoolForecast
from controller.cli.kubectl_mc.rollout.planned_configs import config_named, target_config
from controller.planning.disruption import effective_policy
from controller.planning.drain.settings import drain_settings
from controller.planning.node import Node
from controller.planning.rollout.budget import max_unavailable
from controller.planning.rollout.decision import Step
from controller.planning.snapshot import Snapshot

_STARTS_NOW: Final = {Step.TARGET, Step.RUN}
# A node that failed in one of these is drained again: nothing had been applied.
_BEFORE_APPLY: Final = {Phase.PREFLIGHT, Phase.DRAIN}
_MAX_NODES: Final = 10  # of a pool; the pods of each node are listed by a request of its own


def upcoming_drains(
    forecast: Forecast, snapshot: Snapshot, boot_user: str
) -> Mapping[str, DrainSettings]:
    """Return, by node, the settings of the drains that start now or next."""
    policy = effective_policy(snapshot.configuration)
    return {
        each.node.name: drain_settings(pool.plan.pool, snapshot.configuration)
        for pool in forecast.pools
        for each in islice(_drained(pool, snapshot, boot_user, policy), _MAX_NODES)
    }


def _drained(
    pool: PoolForecast, snapshot: Snapshot, boot_user: str, policy: ClusterPolicies
) -> Iterator[NodeForecast]:
    slots = max_unavailable(pool.plan.pool, len(pool.plan.members))
    after = target_config(pool.plan, snapshot, boot_user)
    drains: dict[str, bool] = {}
    for each in pool.nodes:
        if each.in_update or not (each.now.step in _STARTS_NOW or 0 < each.turn <= slots):
            continue
        if _only_verifies(each.node, pool.plan.target):
            continue
        name = each.node.status.current_config
        if name not in drains:
            before = config_named(name, snapshot, boot_user)
            # If the current config no longer exists, a drain is assumed.
            unknown = after is None or (bool(name) and before is None)
            diff = pool_diff(pool.plan.name, before, after, policy)
            drains[name] = unknown or diff.disruption.drains
        if drains[name]:
            yield each


def _only_verifies(node: Node, target: str) -> bool:
    """Return whether the next run verifies again, without a drain, what has failed before."""
    failure = node.status.last_failure
    if failure is None or node.status.state is not NodeState.DEGRADED or node.recover_requested:
        return False
    return failure.config == target and failure.phase not in _BEFORE_APPLY
