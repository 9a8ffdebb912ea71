"""Writes pools: what was rendered for them, their targets and their statuses."""

from functools import partial

from controller.planning import pool_status
from controller.planning.disruption import effective_policy
from controller.planning.plan import Plan
from controller.planning.pool_plan import PoolPlan
from controller.reconcile.pass_state import PassState
from controller.reconcile.ports import Ports
from controller.reconcile.reporter import Reporter


class PoolWriter:
    """Writes rendered configs, targets and statuses as planned, and the merged policies."""

    def __init__(self, ports: Ports, reporter: Reporter) -> None:
        self._ports = ports
        self._cluster = ports.cluster
        self._reporter = reporter
        # The invalid pools whose conditions were written, each with what is invalid.
        self._marked: set[str] = set()

    def publish(self, planned: Plan, state: PassState) -> list[PoolPlan]:
        """Write the rendered configs and targets, and return the pools where this succeeded."""
        ready: set[str] = set()

        def publish(pool_plan: PoolPlan) -> None:
            with state.isolated(pool=pool_plan.name):
                self._publish(pool_plan, state)
                ready.add(pool_plan.name)

        self._ports.concurrently(partial(publish, each) for each in planned.pools)
        return [each for each in planned.pools if each.name in ready]

    def _publish(self, pool_plan: PoolPlan, state: PassState) -> None:
        rendered, pool, target = pool_plan.rendered, pool_plan.pool, pool_plan.configuration
        if rendered and state.snapshot.machine_config(rendered.name) is None:
            self._cluster.write_rendered(pool, rendered)
            self._ports.wake()
        if target and target != pool.spec.configuration:
            self._cluster.write_target(pool, target)
            self._reporter.target_changed(pool_plan)
            self._ports.wake()

    def write_status(self, pool_plan: PoolPlan, state: PassState) -> None:
        """Write a pool's status."""
        members = [state.nodes[node.name] for node in pool_plan.members]
        pool, target = pool_plan.pool, pool_plan.configuration
        status = pool_status.pool_status(
            pool,
            members,
            target,
            pool_plan.problems,
            state.now,
            pool_plan.waits,
            pool_plan.waits_for_user,
        )
        self._cluster.write_pool_status(pool, status)

    def mark_invalid(self, state: PassState) -> None:
        """Write the conditions of pools that cannot be read, once for each cause."""
        invalid = state.snapshot.unreadable_of("MachineConfigPool")
        self._marked.intersection_update(map(str, invalid))
        for pool in invalid:
            if str(pool) not in self._marked:
                with state.isolated(pool=pool.name):
                    conditions = pool_status.unreadable_conditions(pool.reason, state.now)
                    self._cluster.write_pool_conditions(pool.name, conditions)
                    self._marked.add(str(pool))

    def delete_unreferenced(self, planned: Plan, state: PassState) -> None:
        """Delete rendered configs that neither a pool nor a node refers to."""
        for config in planned.unreferenced:
            with state.isolated(config=config.name):
                self._cluster.delete_rendered(config)

    def write_policies(self, state: PassState) -> None:
        """Write the merged disruption policies."""
        found = state.snapshot.configuration
        if found is not None:
            with state.isolated(object="MachineConfiguration"):
                self._cluster.write_policies(found, effective_policy(found))
