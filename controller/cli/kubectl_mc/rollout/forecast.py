"""What the controller does now and next, as far as somebody can tell who is not the controller.

It is the controller's own plan, with its own reasons. Unknown are the runs in its memory, so that
of a node in an update its MachineConfigNode tells.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Self

from controller.api.machine_config_node import NodeState
from controller.api.machine_config_pool import MachineConfigPool
from controller.api.machine_configuration import ClusterPolicies
from controller.cli.kubectl_mc.arguments.selection import Chosen
from controller.cli.kubectl_mc.comparison.pool_diff import Config, pool_diff
from controller.planning.controller_state import ControllerState, Identity, Limits, Runs
from controller.planning.disruption import Disruption, policies
from controller.planning.drain.forecast import DrainForecast
from controller.planning.node import Node
from controller.planning.plan import plan
from controller.planning.pool_plan import PoolPlan
from controller.planning.rollout.decision import Decision, Step
from controller.planning.snapshot import Snapshot
from controller.planning.upcoming import upcoming
from controller.rendering.effect import effect
from controller.rendering.node_manifest import ManifestError, manifest

# How long a failed node rests, unless the controller's settings say otherwise, which nobody sees.
FAILURE_PAUSE: Final = timedelta(minutes=5)


@dataclass(frozen=True)
class Prospect:
    """One node: what is decided now, and of one that waits its turn what is done then.

    `drain` is what its drain would do and wait for, None where that was not looked at.
    """

    node: Node
    now: Decision
    next: Decision | None = None
    turn: int = 0
    drain: DrainForecast | None = None

    @property
    def in_update(self) -> bool:
        """Whether its update goes on, which its MachineConfigNode tells of better than the plan."""
        runs = self.now.step is Step.RUN or (
            self.now.step is Step.NONE and _seems_to_run(self.node)
        )
        return runs and self.node.status.state is NodeState.WORKING


@dataclass(frozen=True)
class PoolOutlook:
    """One pool, its members in rollout order, and what a config not yet in force would disturb."""

    plan: PoolPlan
    prospects: tuple[Prospect, ...]
    disruption: Disruption | None

    @property
    def in_force(self) -> str:
        """The rendered config that the nodes are to be on as the cluster stands."""
        return _in_force(self.plan.pool)


def _in_force(pool: MachineConfigPool) -> str:
    configuration = pool.spec.configuration
    return (configuration.name if configuration else None) or ""


@dataclass(frozen=True)
class Outlook:
    """The pools by name, and the nodes that are in none."""

    pools: tuple[PoolOutlook, ...]
    unassigned: tuple[Prospect, ...]

    def of(self, chosen: Chosen) -> Self:
        """The part that a person has asked for."""
        pools = (
            replace(each, prospects=tuple(_chosen(each.prospects, chosen, each.plan.name)))
            for each in self.pools
        )
        shown = (each for each in pools if each.prospects or chosen.has_pool(each.plan.name))
        return replace(
            self, pools=tuple(shown), unassigned=tuple(_chosen(self.unassigned, chosen, ""))
        )

    def with_drains(self, drains: Mapping[str, DrainForecast]) -> Self:
        """The same, with what is known of the drains of some nodes, by their names."""
        pools = (
            replace(
                pool,
                prospects=tuple(
                    replace(each, drain=drains.get(each.node.name)) for each in pool.prospects
                ),
            )
            for pool in self.pools
        )
        return replace(self, pools=tuple(pools))


def _chosen(prospects: Sequence[Prospect], chosen: Chosen, pool: str) -> Iterator[Prospect]:
    return (each for each in prospects if chosen.has_node(each.node.name, pool))


def outlook(snapshot: Snapshot, boot_user: str, now: datetime) -> Outlook:
    """What is to happen in the cluster of this snapshot."""
    runs = _runs(snapshot)
    planned = plan(snapshot, runs, boot_user, now)
    policy = policies(snapshot.configuration)
    nodes = {node.name: node for node in snapshot.nodes}
    return Outlook(
        tuple(
            PoolOutlook(
                each,
                tuple(_prospects(each, runs, now)),
                _disruption(each, snapshot, boot_user, policy),
            )
            for each in planned.pools
        ),
        tuple(Prospect(nodes[each.node], each) for each in planned.unassigned),
    )


def _runs(snapshot: Snapshot) -> ControllerState:
    """The controller's runs as they show; which of several replicas leads does not show."""
    controllers = snapshot.controllers
    return ControllerState(
        runs=Runs(under_way=frozenset(node.name for node in snapshot.nodes if _seems_to_run(node))),
        limits=Limits(failure_backoff=FAILURE_PAUSE, parallel_runs=len(snapshot.nodes)),
        identity=Identity(node=min(controllers) if len(controllers) == 1 else ""),
    )


def _seems_to_run(node: Node) -> bool:
    """Whether a run has told its phase, and has not ended for a reason."""
    status = node.status
    return status.state is NodeState.WORKING and bool(status.phase) and not status.reason


def _prospects(of: PoolPlan, runs: ControllerState, now: datetime) -> Iterator[Prospect]:
    nodes = {node.name: node for node in of.members}
    coming = {each.node: (each, turn) for turn, each in enumerate(upcoming(of, runs, now), 1)}
    for each in of.decisions:
        then, turn = coming.get(each.node, (None, 0))
        yield Prospect(nodes[each.node], each, then, turn)


def _disruption(
    of: PoolPlan, snapshot: Snapshot, boot_user: str, policy: ClusterPolicies
) -> Disruption | None:
    """What the step from the config in force to the pool's new one disturbs on a node."""
    before = config_named(_in_force(of.pool), snapshot, boot_user)
    if before is None or of.rendered is None or of.target == before.name:
        return None
    after = Config(of.target, effect(of.rendered.config, boot_user))
    return pool_diff(of.name, before, after, policy).disruption


def config_named(name: str, snapshot: Snapshot, boot_user: str) -> Config | None:
    """The rendered config of this name; None where it is not there, or cannot be read."""
    config = snapshot.machine_config(name)
    try:
        return Config(name, manifest(config.to_api(), boot_user)) if config else None
    except ManifestError:
        return None
