"""One process of the controller: the real pass over simulated ports."""

import dataclasses
import math
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import cache
from random import Random
from typing import Final

from structlog.testing import capture_logs
from structlog.typing import EventDict

from controller.cluster.errors import ClusterError
from controller.execution.protocol import Request
from controller.planning.controller_state import ControllerState
from controller.planning.plan import Plan, plan
from controller.planning.rollout.decision import Step
from controller.planning.snapshot import Snapshot
from controller.reconcile.ports import Ports
from controller.reconcile.reconciler import Reconciler
from controller.reconcile.requeue import RETRY_SOON
from controller.runs.checks import Checks
from controller.runs.updates import Updates
from controller.settings import Settings
from tests.unit.reconcile.simulated_cluster.api_client import ApiClient
from tests.unit.reconcile.simulated_cluster.configs import render
from tests.unit.reconcile.simulated_cluster.executor import Executor
from tests.unit.reconcile.simulated_cluster.lease import Leadership
from tests.unit.reconcile.simulated_cluster.world import World

_QUIET_PERIOD: Final = 1  # seconds from a wake-up to the next pass
# A resync must never make up for a due time that a pass has not returned.
_NEVER: Final = 10.0**9


class Replica:
    """A process with its claim to the Lease, its runs and its own schedule of passes."""

    def __init__(self, world: World, node: str, parallel_runs: int) -> None:
        """Start; it runs on `node`, if that is not empty."""
        self.node = node
        self.due = world.clock.now
        self.woken = True
        self.leadership = Leadership(world.lease, world.clock)
        self.executor = Executor(
            world.cluster.machines, world.clock, world.chance, self._starting, world.entered
        )
        client = ApiClient(
            world.cluster, world.invariants, world.transcript, self._transcribe_decisions
        )
        self._world = world
        self._order = world.chance or Random(1)  # noqa: S311 - to be repeated
        self._plan: Plan | None = None
        self._logs: list[EventDict] = []
        settings = _settings(node, parallel_runs)
        self._updates = Updates(self.executor, settings)
        ports = Ports(client, self.leadership, world.clock, self._concurrently, self.wake)
        checks = Checks(self.executor, settings)
        self._reconciler = Reconciler(ports, self._updates, checks, settings, self._make_plan)

    def wake(self) -> None:
        """Request a pass soon."""
        self.woken = True

    @property
    def is_busy(self) -> bool:
        """Whether it has a run, a requested pass, or a node that waits for a time."""
        waits = self._plan is not None and self._plan.next_due is not None
        return self.woken or bool(self.executor.runs) or waits

    def acquire_lease(self) -> None:
        """Acquire the Lease if it is free."""
        if self.leadership.acquire():
            self.woken, self.due = True, self._world.clock.now
            if self.leadership.transitions > 1:
                where = f" on {self.node}" if self.node else ""
                self._world.transcript.add("*", f"the controller{where} is the leader")

    def kill(self) -> None:
        """End without releasing the Lease."""
        self.leadership.lose()
        self.executor.end()

    def make_pass(self) -> None:
        """Make the pass that is due, and schedule the next one."""
        self.woken, self._plan = False, None
        with capture_logs() as self._logs:
            try:
                wait = self._reconciler.run_pass()
            except ClusterError:
                wait = RETRY_SOON
            self._transcribe_decisions()
        if self.leadership.held():
            self._world.invariants.passed(self._updates.controller_state())
        seconds = _QUIET_PERIOD if self.woken else max(1, math.ceil(wait))
        self.due = self._world.clock.now + seconds

    def _make_plan(
        self, snapshot: Snapshot, controller: ControllerState, boot_user: str, now: datetime
    ) -> Plan:
        planned = plan(snapshot, controller, boot_user, now, render)
        shuffled = _shuffled(snapshot, self._order)
        assert plan(shuffled, controller, boot_user, now, render) == planned
        self._world.invariants.planned(snapshot, planned)
        self._plan = planned
        return planned

    def _starting(self, request: Request) -> None:
        (host,) = request.hosts
        config = str(host.machine_config["metadata"]["name"])
        node = self._world.cluster.node(host.node)
        self._world.invariants.starting(node, config, self._updates.controller_state())

    def _concurrently(self, writes: Iterable[Callable[[], object]]) -> None:
        """Make one write after the other, with `chance` in random order."""
        for write in _in_any_order(tuple(writes), self._world.chance):
            write()

    def _transcribe_decisions(self, pool: str = "") -> None:
        """Put the decisions of a pool, or all, into the transcript: those that were carried out."""
        if self._plan is None:
            return
        logged = {(each.get("node"), each.get("step")) for each in self._logs}
        pools = [each for each in self._plan.pools if not pool or each.name == pool]
        decisions = [each for plan in pools for each in plan.decisions]
        for each in decisions if pool else [*decisions, *self._plan.unassigned]:
            if each.step is Step.NONE or (each.node, each.step.value) in logged:
                self._world.transcript.decided(each)


@cache
def _settings(node: str, parallel_runs: int) -> Settings:
    return Settings(
        node_name=node,
        parallel_runs=parallel_runs,
        drain_retry=30,
        failure_retry=300,
        check_interval=300,
        resync_interval=_NEVER,
    )


def _in_any_order(
    writes: tuple[Callable[[], object], ...], chance: Random | None
) -> Iterable[Callable[[], object]]:
    return chance.sample(writes, len(writes)) if chance else writes


def _shuffled(snapshot: Snapshot, order: Random) -> Snapshot:
    return dataclasses.replace(
        snapshot,
        nodes=tuple(order.sample(snapshot.nodes, len(snapshot.nodes))),
        pools=tuple(order.sample(snapshot.pools, len(snapshot.pools))),
        machine_configs=tuple(
            order.sample(snapshot.machine_configs, len(snapshot.machine_configs))
        ),
    )
