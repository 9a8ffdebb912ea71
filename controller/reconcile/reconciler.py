"""One pass: observe the cluster, record what runs report, plan, act, and update statuses.

A pass is level-triggered: it rebuilds its view from the cluster, so a restart changes nothing.
"""

import dataclasses
from collections.abc import Callable
from datetime import datetime
from typing import Self

from controller import metrics
from controller.execution.shortage import ShortageError
from controller.planning.controller_state import ControllerState
from controller.planning.plan import Plan
from controller.planning.snapshot import Part, Snapshot
from controller.reconcile.actuator import Actuator
from controller.reconcile.node_writer import NodeWriter
from controller.reconcile.pass_state import PassState
from controller.reconcile.pool_writer import PoolWriter
from controller.reconcile.ports import Ports
from controller.reconcile.reporter import Reporter
from controller.reconcile.requeue import RETRY_SOON, requeue_after
from controller.reconcile.shortages import Shortages
from controller.reconcile.standby import Standbys
from controller.runs.checks import Checks
from controller.runs.updates import Updates
from controller.settings import Settings

# Plans from what was observed, the controller's own state, the boot user and the time.
Planner = Callable[[Snapshot, ControllerState, str, datetime], Plan]


class Reconciler:
    """Brings every node to its pool's target, while this process leads."""

    def __init__(
        self, ports: Ports, updates: Updates, checks: Checks, settings: Settings, planner: Planner
    ) -> None:
        self._ports = ports
        self._updates = updates
        self._checks = checks
        self._settings = settings
        self._make_plan = planner
        self._reporter = Reporter(ports.cluster)
        self._shortages = Shortages(self._reporter.shortage)
        self._standbys = Standbys(ports.leadership, settings.node_name)
        self._nodes = NodeWriter(ports, self._reporter)
        self._pools = PoolWriter(ports, self._reporter)
        self._actuator = Actuator(
            ports, updates, self._nodes, self._standbys, self._reporter, self.cancel_runs
        )

    def __enter__(self) -> Self:
        """Be ready for passes."""
        return self

    def __exit__(self, *_: object) -> None:
        """Cancel all runs; the next leader resumes them."""
        self.cancel_runs()

    def cancel_runs(self) -> None:
        """Cancel all runs, and wait until they have ended."""
        self._updates.cancel()
        self._checks.cancel()

    def run_pass(self) -> float:
        """Make one pass, and return in how many seconds the next is due if no event comes before.

        Raises:
            ClusterError: the cluster could not be read; nothing was decided.
            ShortageError: the controller itself has too little of something, which is reported.
        """
        try:
            wait = self._pass()
        except ShortageError as error:
            self._shortages.found(str(error), self._ports.clock())
            raise
        self._ports.cluster.flush_events()
        return wait

    def _pass(self) -> float:
        if not self._ports.leadership.held():
            self.cancel_runs()
            return self._settings.resync_interval
        state = self._observe()
        if Part.NODES in state.snapshot.unavailable:
            return self._publish_alone(state)
        self._record_runs(state)
        planned = self._plan(state)
        for pool in self._pools.publish(planned, state):
            with state.isolated(pool=pool.name):
                self._actuator.carry_out(pool.name, pool.decisions, state)
                self._pools.write_status(pool, state)
        self._actuator.carry_out("", planned.unassigned, state)
        self._pools.delete_unreferenced(planned, state)
        self._pools.write_policies(state)
        self._start_checks(planned, state)
        self._shortages.expire(state.now)
        metrics.record_pass(state.nodes.values(), state.now)
        return self._requeue_after(planned, state)

    def _observe(self) -> PassState:
        now = self._ports.clock()
        snapshot = self._ports.cluster.observe()
        self._reporter.unavailable(snapshot)
        return PassState.of(snapshot, now, self._shortages)

    def _publish_alone(self, state: PassState) -> float:
        """Publish rendered configs and targets while the nodes are unknown; runs continue."""
        self._pools.publish(self._plan(state), state)
        return RETRY_SOON

    def _record_runs(self, state: PassState) -> None:
        """Write the progress and results of runs; each result is kept until it is written."""
        unreadable = {each.name for each in state.snapshot.unreadable_of("Node")}
        updated = self._updates.poll(state.nodes, state.now, unreadable)
        self._nodes.write_all(updated.transitions, state, self._updates.acknowledge)
        checked = self._checks.poll(state.nodes, state.now)
        self._nodes.write_all(checked.transitions, state, self._checks.acknowledge)
        for shortage in filter(None, (updated.shortage, checked.shortage)):
            self._shortages.found(shortage, state.now)
        self._nodes.repair_annotations(state)
        state.plan_from_nodes()

    def _plan(self, state: PassState) -> Plan:
        controller, boot_user = self._controller_state(state.snapshot), self._settings.boot_user
        planned = self._make_plan(state.snapshot, controller, boot_user, state.now)
        self._reporter.notices(state.snapshot, planned)
        self._pools.mark_invalid(state)
        return planned

    def _controller_state(self, snapshot: Snapshot) -> ControllerState:
        unknown = Part.CONTROLLERS in snapshot.unavailable
        standby = "" if unknown else self._standbys.choose(snapshot.controllers)
        state = self._updates.controller_state(standby, snapshot.configuration)
        return dataclasses.replace(state, matches=self._checks.matches)

    def _start_checks(self, planned: Plan, state: PassState) -> None:
        targets = {pool.name: pool.target for pool in planned.pools}
        fence = self._ports.leadership.transitions
        with state.isolated(object="checks"):
            self._checks.start(state.nodes.values(), state.snapshot, targets, fence, state.now)

    def _requeue_after(self, planned: Plan, state: PassState) -> float:
        """Return when a node that waits, a run or a check is due; no event announces these."""
        return requeue_after(
            (planned.next_due, self._updates.next_due, self._checks.next_due),
            self._ports.clock(),
            self._settings.resync_interval,
            complete=state.complete,
        )
