"""The controller: passes as the Reconciler makes them, over the simulated cluster."""

import dataclasses
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from random import Random

from controller.api.machine_config_node import Drift, MachineConfigNodeStatus
from controller.planning import node_status
from controller.planning.drift import node_check
from controller.planning.drift.findings import Findings
from controller.planning.drift.verdict import verdict
from controller.planning.node import Node
from controller.planning.plan import Plan, PoolPlan, plan
from controller.planning.pool_status import pool_status
from controller.planning.rollout.decide import Decision, Step
from controller.planning.snapshot import Snapshot
from controller.planning.transition import Transition
from controller.runs.updates import Updates
from controller.settings import Settings
from tests.unit.reconcile.simulated_cluster.cluster import Cluster
from tests.unit.reconcile.simulated_cluster.configs import render
from tests.unit.reconcile.simulated_cluster.executor import Executor
from tests.unit.reconcile.simulated_cluster.invariants import Invariants
from tests.unit.reconcile.simulated_cluster.transcript import Transcript

_TAKEOVER = 15  # seconds until the Lease of a controller that was killed has run out
_PARALLEL = 1000
_TOLD = {
    "ByHand",
    "Done",
    "Drift",
    "DriftCleared",
    "DrainBlocked",
    "Failed",
    "DrainAbandoned",
    "Interrupted",
    "Reinstalled",
}


class Controller:
    """The controller that leads, and what its process knows."""

    def __init__(
        self,
        cluster: Cluster,
        executor: Executor,
        invariants: Invariants,
        telling: Transcript,
        order: Random | None,
    ) -> None:
        """Begin to lead; by `order` objects are listed by chance."""
        self.cluster = cluster
        self.executor = executor
        self.invariants = invariants
        self.telling = telling
        self.parallel_runs = _PARALLEL
        self.node = ""
        self._order = order or Random(1)  # noqa: S311 - to be repeated
        self._leads_from = 0
        self._marks = 0
        self._found: dict[str, tuple[Drift, ...]] = {}
        self.start()

    def start(self) -> None:
        """Be a new process, which knows nothing."""
        settings = _settings(self.node, self.parallel_runs)
        self.updates = Updates(self.executor, settings)

    def die(self) -> None:
        """Be killed; another process follows when the Lease has run out."""
        self.executor.lose()
        self.start()
        self._leads_from = self.cluster.clock.now + _TAKEOVER

    @property
    def leads(self) -> bool:
        """Whether there is a controller that acts."""
        return self.cluster.clock.now >= self._leads_from

    def find(self, node: str, *drift: Drift) -> None:
        """Come to the end of a check, which the next pass writes down."""
        self._found[node] = drift

    def run_pass(self) -> bool:
        """Make one pass, and say whether another one is to follow at once."""
        if not self.leads:
            return False
        snapshot = self._record_news()
        planned = self._plan(snapshot)
        self.invariants.planned(snapshot, planned)
        woken = False
        for pool in planned.pools:
            woken |= self._put_in_force(pool)
            for decision in pool.decisions:
                woken |= self._act(pool.name, decision)
        for decision in planned.unassigned:
            woken |= self._act("", decision)
        for config in planned.unreferenced:
            self.cluster.rendered.discard(config.name)
        self._write_statuses(planned)
        self.invariants.passed(self.updates.runs())
        return woken

    def _plan(self, snapshot: Snapshot) -> Plan:
        others = set(self.cluster.controllers) - {self.node}
        runs = self.updates.runs(min(others, default=""))
        now = self.cluster.clock.time
        planned = plan(snapshot, runs, "boot", now, render)
        assert plan(_shuffled(snapshot, self._order), runs, "boot", now, render) == planned
        return planned

    def _record_news(self) -> Snapshot:
        snapshot = self.cluster.snapshot()
        nodes = {node.name: node for node in snapshot.nodes}
        now = self.cluster.clock.time
        for node, change in self.updates.poll(nodes, now).transitions:
            self._record(node, change)
            self.updates.acknowledge(node.name)
        nodes = {node.name: node for node in self.cluster.snapshot().nodes}
        under_way = self.updates.runs().runs.under_way
        for name, found in self._found.items():
            if name in nodes and node_check.is_checked(nodes[name]) and name not in under_way:
                self._record(nodes[name], self._verdict(nodes[name], found, now))
        self._found.clear()
        return self.cluster.snapshot()

    def _verdict(self, node: Node, found: Sequence[Drift], now: datetime) -> Transition:
        """What a check makes of the node that has found this drift."""
        machine = self.cluster.machines[node.name]
        seen = Findings(
            config=machine.config,
            machine_id=machine.id,
            drift=tuple(found),
            settled=machine.proven,
            by_hand=machine.by_hand,
        )
        return verdict(node, seen, self.cluster.rendered, now)

    def _record(self, node: Node, change: Transition) -> None:
        self.cluster.notes[node.uid] = change.status
        if change.event_reason in _TOLD:
            self.telling.tell(
                node.name, f"{change.event_reason}: {change.message}".removesuffix(": ")
            )

    def _put_in_force(self, pool: PoolPlan) -> bool:
        rendered = pool.rendered
        if rendered is None:
            return False
        before = self.cluster.pools[pool.name].spec.configuration
        if before and before.name == rendered.name:
            self.cluster.rendered.add(rendered.name)
            return False
        self.cluster.put_in_force(pool.name, rendered.name)
        self.telling.tell(pool.name, f"{rendered.name} is in force")
        return True

    def _act(self, pool: str, decision: Decision) -> bool:
        self.telling.decided(decision)
        if decision.step is Step.NONE:
            return False
        snapshot = self.cluster.snapshot()
        node = next(each for each in snapshot.nodes if each.name == decision.node)
        match decision.step:
            case Step.TARGET:
                self.invariants.targeted(node, pool)
                self.updates.reset_backoff(node.name)
                now = self.cluster.clock.time
                self._note(node, node_status.on_targeted(node.status, pool, decision.config, now))
                return True
            case Step.RECORD:
                self._note(node, node_status.on_renamed(node.status, pool, decision.config))
            case Step.RUN:
                self._start(node, decision, snapshot)
            case Step.CANCEL:
                self.updates.stop(node.name)
            case Step.STEP_DOWN:
                self._hand_over()
                return True
        return False

    def _note(self, node: Node, status: MachineConfigNodeStatus) -> None:
        self.cluster.notes[node.uid] = status

    def _start(self, node: Node, decision: Decision, snapshot: Snapshot) -> None:
        config = snapshot.machine_config(decision.config)
        assert config, f"{node.name} is to run towards {decision.config}, which is gone"
        self.invariants.starting(node, decision.config, self.updates.runs())
        if not node.cordoned_by_controller:
            self._marks += 1
            mark = f"mark {self._marks}"
            status = node_status.with_cordon_mark(node.status, mark)
            self._note(node, status)
            node = dataclasses.replace(node, status=status, cordon_mark=mark)
        self.updates.start(node, config, snapshot, 1, self.cluster.clock.time)

    def _hand_over(self) -> None:
        self.node = min(set(self.cluster.controllers) - {self.node})
        self.executor.lose()
        self.start()

    def _write_statuses(self, planned: Plan) -> None:
        members = self.cluster.members()
        for each in planned.pools:
            pool = self.cluster.pools[each.name]
            status = pool_status(
                pool,
                members[each.name],
                pool.spec.configuration,
                each.problems,
                self.cluster.clock.time,
            )
            self.cluster.pools[each.name] = pool.model_copy(update={"status": status})
            self.telling.conditions(each.name, status)


@cache
def _settings(node: str, parallel_runs: int) -> Settings:
    return Settings(node_name=node, parallel_runs=parallel_runs, drain_retry=30, failure_retry=300)


def _shuffled(snapshot: Snapshot, order: Random) -> Snapshot:
    return dataclasses.replace(
        snapshot,
        nodes=tuple(order.sample(snapshot.nodes, len(snapshot.nodes))),
        pools=tuple(order.sample(snapshot.pools, len(snapshot.pools))),
        machine_configs=tuple(
            order.sample(snapshot.machine_configs, len(snapshot.machine_configs))
        ),
    )
