"""What the controller does now and next, by its own planner and with its own reasons; pure.

The controller's runs are unknown here, so that the MachineConfigNode shows the progress of a node
in an update.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Self

from controller.api.machine_config_node import NodeState
from controller.api.machine_config_pool import MachineConfigPool
from controller.api.machine_configuration import ClusterPolicies
from controller.cli.kubectl_mc.arguments.selection import Selection
from controller.cli.kubectl_mc.comparison.pool_diff import pool_diff
from controller.cli.kubectl_mc.rollout.planned_configs import config_named, target_config
from controller.planning.controller_state import ControllerState, Identity, Limits, Runs
from controller.planning.disruption import Disruption, effective_policy
from controller.planning.drain.forecast import DrainForecast
from controller.planning.node import Node
from controller.planning.plan import plan
from controller.planning.pool_plan import PoolPlan
from controller.planning.rollout.decision import Decision, Step
from controller.planning.snapshot import Snapshot
from controller.planning.upcoming import upcoming

# The default of the controller's setting, which cannot be read from here.
FAILURE_BACKOFF: Final = timedelta(minutes=5)


@dataclass(frozen=True)
class NodeForecast:
    """The decision for a node now, and for a node that waits, its turn and the decision then.

    `drain` is what its drain would do and wait for, None if that was not examined.
    """

    node: Node
    now: Decision
    next: Decision | None = None
    turn: int = 0
    drain: DrainForecast | None = None

    @property
    def in_update(self) -> bool:
        """Whether an update is under way, which the MachineConfigNode describes."""
        runs = self.now.step is Step.RUN or (
            self.now.step is Step.NONE and _seems_to_run(self.node)
        )
        return runs and self.node.status.state is NodeState.WORKING


@dataclass(frozen=True)
class PoolForecast:
    """The plan of a pool, its nodes in rollout order, and what a new target would disturb."""

    plan: PoolPlan
    nodes: tuple[NodeForecast, ...]
    disruption: Disruption | None

    @property
    def current_target(self) -> str:
        """The target that the pool has in the cluster."""
        return _current_target(self.plan.pool)


def _current_target(pool: MachineConfigPool) -> str:
    configuration = pool.spec.configuration
    return (configuration.name if configuration else None) or ""


@dataclass(frozen=True)
class Forecast:
    """The pools by name, and the nodes that belong to no pool."""

    pools: tuple[PoolForecast, ...]
    unassigned: tuple[NodeForecast, ...]

    def of(self, selection: Selection) -> Self:
        """Return the part that the user has selected."""
        pools = (
            replace(pool, nodes=tuple(_selected(pool.nodes, selection, pool.plan.name)))
            for pool in self.pools
        )
        shown = (pool for pool in pools if pool.nodes or selection.includes_pool(pool.plan.name))
        unassigned = tuple(_selected(self.unassigned, selection, ""))
        return replace(self, pools=tuple(shown), unassigned=unassigned)

    def with_drains(self, drains: Mapping[str, DrainForecast]) -> Self:
        """Add the drains of some nodes, by name."""
        pools = (
            replace(
                pool,
                nodes=tuple(replace(each, drain=drains.get(each.node.name)) for each in pool.nodes),
            )
            for pool in self.pools
        )
        return replace(self, pools=tuple(pools))


def _selected(
    nodes: Sequence[NodeForecast], selection: Selection, pool: str
) -> Iterator[NodeForecast]:
    return (each for each in nodes if selection.includes_node(each.node.name, pool))


def forecast_rollout(snapshot: Snapshot, boot_user: str, now: datetime) -> Forecast:
    """Plan the rollout of a cluster as the controller would."""
    controller = _controller_state(snapshot)
    planned = plan(snapshot, controller, boot_user, now)
    policy = effective_policy(snapshot.configuration)
    nodes = {node.name: node for node in snapshot.nodes}
    return Forecast(
        tuple(
            PoolForecast(
                pool,
                tuple(_node_forecasts(pool, controller, now)),
                _disruption(pool, snapshot, boot_user, policy),
            )
            for pool in planned.pools
        ),
        tuple(NodeForecast(nodes[decision.node], decision) for decision in planned.unassigned),
    )


def _controller_state(snapshot: Snapshot) -> ControllerState:
    """Return what the cluster shows of the controller, but for which of several replicas leads."""
    controllers = snapshot.controllers
    return ControllerState(
        runs=Runs(under_way=frozenset(node.name for node in snapshot.nodes if _seems_to_run(node))),
        limits=Limits(failure_backoff=FAILURE_BACKOFF, parallel_runs=len(snapshot.nodes)),
        identity=Identity(node=min(controllers) if len(controllers) == 1 else ""),
    )


def _seems_to_run(node: Node) -> bool:
    """Return whether a run has reported its phase, and has not ended with a reason."""
    status = node.status
    return status.state is NodeState.WORKING and bool(status.phase) and not status.reason


def _node_forecasts(
    pool: PoolPlan, controller: ControllerState, now: datetime
) -> Iterator[NodeForecast]:
    nodes = {node.name: node for node in pool.members}
    queue = enumerate(upcoming(pool, controller, now), 1)
    turns = {decision.node: (decision, turn) for turn, decision in queue}
    for decision in pool.decisions:
        then, turn = turns.get(decision.node, (None, 0))
        yield NodeForecast(nodes[decision.node], decision, then, turn)


def _disruption(
    pool: PoolPlan, snapshot: Snapshot, boot_user: str, policy: ClusterPolicies
) -> Disruption | None:
    """Return what the step from the pool's current target to its new one disturbs on a node."""
    before = config_named(_current_target(pool.pool), snapshot, boot_user)
    if before is None or pool.rendered is None or pool.target == before.name:
        return None
    after = target_config(pool, snapshot, boot_user)
    return pool_diff(pool.name, before, after, policy).disruption
