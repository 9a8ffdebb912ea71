"""Whose drain comes next, so that what it costs and what blocks it can be told before; pure."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Final

from controller.api.drain import DrainSettings
from controller.api.machine_config_node import NodeState, Phase
from controller.api.machine_configuration import ClusterPolicies
from controller.cli.kubectl_mc.comparison.pool_diff import Config, pool_diff
from controller.cli.kubectl_mc.rollout.forecast import Outlook, PoolOutlook, Prospect, config_named
from controller.planning.disruption import policies
from controller.planning.drain.settings import drain_settings
from controller.planning.node import Node
from controller.planning.rollout.budget import max_unavailable
from controller.planning.rollout.decision import Step
from controller.planning.snapshot import Snapshot
from controller.rendering.effect import effect

_BEGUN: Final = {Step.TARGET, Step.RUN}
# Those in which nothing had been applied that could fail again.
_DRAINED_FOR_AGAIN: Final = {Phase.PREFLIGHT, Phase.DRAIN}
_MOST: Final = 10  # nodes of a pool; their pods are read one node after the other


def drains_ahead(of: Outlook, snapshot: Snapshot, boot_user: str) -> Mapping[str, DrainSettings]:
    """By node, how those are drained whose drain begins now or next."""
    policy = policies(snapshot.configuration)
    return {
        each.node.name: drain_settings(pool.plan.pool, snapshot.configuration)
        for pool in of.pools
        for each in islice(_drained(pool, snapshot, boot_user, policy), _MOST)
    }


def _drained(
    pool: PoolOutlook, snapshot: Snapshot, boot_user: str, policy: ClusterPolicies
) -> Iterator[Prospect]:
    at_once = max_unavailable(pool.plan.pool, len(pool.plan.members))
    after = _target(pool, snapshot, boot_user)
    drains: dict[str, bool] = {}
    for each in pool.prospects:
        if each.in_update or not (each.now.step in _BEGUN or 0 < each.turn <= at_once):
            continue
        if _would_fail_again(each.node, pool.plan.target):
            continue
        name = each.node.status.current_config
        if name not in drains:
            before = config_named(name, snapshot, boot_user)
            # What a node is on may be gone; it is drained then as far as anybody can tell.
            unknown = after is None or (bool(name) and before is None)
            diff = pool_diff(pool.plan.name, before, after, policy)
            drains[name] = unknown or diff.disruption.drains
        if drains[name]:
            yield each


def _would_fail_again(node: Node, target: str) -> bool:
    """Whether its next run only checks again, without a drain, what has failed on it before."""
    failure = node.status.last_failure
    if failure is None or node.status.state is not NodeState.DEGRADED or node.recover_requested:
        return False
    return failure.config == target and failure.phase not in _DRAINED_FOR_AGAIN


def _target(pool: PoolOutlook, snapshot: Snapshot, boot_user: str) -> Config | None:
    rendered = pool.plan.rendered
    if rendered:
        return Config(rendered.name, effect(rendered.config, boot_user))
    return config_named(pool.plan.target, snapshot, boot_user)
