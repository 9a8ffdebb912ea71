"""What holds at every step of every story, whatever happens."""

from collections import Counter, defaultdict
from typing import Final

from controller.api import names
from controller.api.machine_config_node import MachineConfigNodeStatus, NodeState, Phase
from controller.planning.controller_state import ControllerState
from controller.planning.node import Node
from controller.planning.plan import Plan
from controller.planning.rollout.budget import max_unavailable
from controller.planning.snapshot import Snapshot
from tests.unit.reconcile.simulated_cluster.cluster import Cluster
from tests.unit.reconcile.simulated_cluster.configs import version
from tests.unit.reconcile.simulated_cluster.machine import Machine
from tests.unit.reconcile.simulated_cluster.update_run import UpdateRun

_GRACE: Final = 10  # seconds in which a cancelled run may still enter its next phase


class Invariants:
    """Assertions about plans, targets, runs and the state after each pass."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._paused_since: dict[str, int] = {}
        self._targets_of: defaultdict[str, set[str]] = defaultdict(set)
        self._target_counts: Counter[str] = Counter()
        self._boots_at: dict[str, int] = {}
        self._booted_for: set[tuple[str, str]] = set()
        # Whether each node was Ready when it got its desired config, by name.
        self._ready_before: dict[str, bool] = {}
        self._seen_masters = 0

    def planned(self, snapshot: Snapshot, plan: Plan) -> None:
        """Assert that every node has one decision, with a reason."""
        decisions = [*plan.unassigned, *(each for pool in plan.pools for each in pool.decisions)]
        assert sorted(each.node for each in decisions) == sorted(
            node.name for node in snapshot.nodes
        )
        assert all(each.reason for each in decisions)
        self._count_masters(plan)
        of_pool = {node.name: pool for pool in plan.pools for node in pool.members}
        for node in snapshot.nodes:
            pool = of_pool.get(node.name)
            if pool and pool.target:
                self._targets_of[node.name].add(pool.target)
            if pool and pool.pool.spec.paused:
                self._paused_since.setdefault(node.name, self._cluster.clock.now)
            else:
                self._paused_since.pop(node.name, None)

    def passed(self, controller: ControllerState) -> None:
        """Assert that the statuses of nodes are true, and that no cordon mark is lost."""
        assert len(controller.runs.under_way) <= controller.limits.parallel_runs
        for node in self._cluster.snapshot().nodes:
            marked = bool(self._cluster.machines[node.name].mark)
            assert node.cordoned_by_controller == marked, f"the mark of {node.name} is lost"
            if node.status.state is NodeState.DONE and node.name not in controller.runs.under_way:
                self._runs_current_config(node, self._cluster.machines[node.name])
            elif node.failed and node.name not in controller.runs.under_way:
                _is_not_left_cordoned(node, self._cluster.machines[node.name])
            assert node.status.state is not NodeState.DEGRADED or node.status.reason

    def targeted(self, node: Node, status: MachineConfigNodeStatus) -> None:
        """Assert that a node that gets a new target may get it."""
        self._target_counts[node.name] += 1
        assert not node.held
        matches = self._cluster.machines[node.name].is_on(status.desired_config)
        assert not node.drifted or node.reapply_requested or matches, "drift is overwritten"
        if not node.in_update:
            assert node.cordoned_by_controller or not node.unschedulable
            assert not self._cluster.pools[status.pool].spec.paused
        if node.available and node.untouched:
            self._no_casualties(node, status)
        if node.status.desired_config != status.desired_config or not node.status.between_configs:
            self._ready_before[node.name] = node.ready

    def starting(self, node: Node, config: str, controller: ControllerState) -> None:
        """Assert that a run that may take a node down has room in the budget."""
        assert not node.held
        assert node.name not in controller.runs.under_way, f"{node.name} has a run already"
        if node.name in self._paused_since:
            self._returns_or_finishes(node, config)
        if self._pool_of(node) == names.MASTER and self._may_reboot(node):
            self._others_keep_quorum(node, controller)
        if _is_down(node, controller) or node.may_risk_quorum:
            return
        pool = self._pool_of(node)
        assert pool, f"{node.name} is taken down, and is in no pool"
        others = [
            each
            for each in self._cluster.members()[pool]
            if each.name != node.name and _is_down(each, controller)
        ]
        most = 1 if pool == names.MASTER else self._most(pool)
        assert len(others) < most, f"{node.name} is taken down beside {others}"

    def entered(self, run: UpdateRun, phase: Phase) -> None:
        """Assert that a run may enter a phase."""
        machine = run.machine
        if phase in {Phase.CORDON, Phase.APPLY}:
            self._is_not_paused(run, phase)
        if phase is Phase.APPLY:
            assert run.config in self._targets_of[machine.name] or _returns(run, self._cluster)
            self._boots_at[machine.name] = machine.boots
        if phase is Phase.REBOOT:
            assert machine.owes_reboot
            assert machine.boots <= self._boots_at[machine.name], "a second reboot"
            ordered = machine.boots - machine.boots_unasked
            assert ordered < self._target_counts[machine.name]
            attempt = (machine.name, run.attempt)
            assert attempt not in self._booted_for, "a retry has rebooted the node once more"
            self._booted_for.add(attempt)
        if phase is Phase.UNCORDON:
            assert not (machine.mark and machine.cordoned_by_hand)

    def ended(self) -> None:
        """Assert that all nodes are on their target in the end, and none is left cordoned."""
        for pool, nodes in self._cluster.members().items():
            configuration = self._cluster.pools[pool].spec.configuration
            assert configuration
            for node in nodes:
                assert not node.unschedulable, f"{node.name} is left cordoned"
                assert node.settled_on(configuration.name or ""), node

    def _no_casualties(self, node: Node, status: MachineConfigNodeStatus) -> None:
        """Assert that no node has gone down with a config that a healthy node gets."""
        casualties = [
            other.name
            for other in self._cluster.members()[status.pool]
            if other.failed
            and not (other.ready or other.held)
            and other.status.between_configs
            and other.status.desired_config == status.desired_config
            and self._ready_before[other.name]
        ]
        assert not casualties, f"{node.name} gets a config that has brought down {casualties}"

    def _runs_current_config(self, node: Node, machine: Machine) -> None:
        config = node.status.current_config
        # An administrator may have applied another one by hand, which the next check finds.
        same = machine.by_hand or version(machine.config) == version(config)
        assert same, f"{node.name} is not on {config}"
        assert not machine.owes_reboot
        # An administrator may have applied it by hand in the middle of an update.
        assert machine.by_hand or not node.cordoned_by_controller

    def _is_not_paused(self, run: UpdateRun, phase: Phase) -> None:
        since = self._paused_since.get(run.machine.name)
        if since is None or run.machine.name not in self._cluster.machines:
            return
        newly = phase is Phase.APPLY or not run.machine.unschedulable
        allowed = run.started >= since or self._cannot_return(self._cluster.node(run.machine.name))
        late = self._cluster.clock.now > since + _GRACE
        assert allowed or not (newly and late), f"{run.machine.name}: {phase} in a paused pool"

    def _returns_or_finishes(self, node: Node, config: str) -> None:
        status = node.status
        back = version(config) == version(status.current_config)
        allowed = status.applied or back or self._cannot_return(node)
        assert allowed, f"{node.name} begins in a paused pool"

    def _cannot_return(self, node: Node) -> bool:
        """Return whether only its update can uncordon the node: it has no config to return to."""
        known = node.status.current_config in self._cluster.rendered
        return node.cordoned_by_controller and not known

    def _count_masters(self, plan: Plan) -> None:
        """Remember the most control plane nodes that its pool has ever had."""
        master = next((pool for pool in plan.pools if pool.name == names.MASTER), None)
        known = master and master.pool.status.control_plane_nodes
        present = len(master.members) if master else 0
        self._seen_masters = max(self._seen_masters, present) if known else present

    def _may_reboot(self, node: Node) -> bool:
        """Return whether the update is neither beyond its apply nor on the way back."""
        status = node.status
        returns = status.desired_config == status.current_config and not status.unproven
        return not status.applied and not returns

    def _others_keep_quorum(self, node: Node, controller: ControllerState) -> None:
        """Assert that all other etcds run, but for a user who takes the risk."""
        others = [each for each in self._cluster.members()[names.MASTER] if each.name != node.name]
        assert not {each.name for each in others} & controller.runs.under_way
        if node.may_risk_quorum:
            return
        described = self._cluster.pools[names.MASTER].spec.control_plane
        expected = (described and described.nodes) or self._seen_masters
        elsewhere = described and described.etcd
        assert len(others) >= expected - 1, f"{node.name} is taken down while others are missing"
        for other in others:
            machine = self._cluster.machines[other.name]
            assert other.ready, f"{node.name} is taken down while {other.name} is not Ready"
            assert not other.pressured
            assert not other.failing_pods
            assert machine.shows_etcd or elsewhere, f"the etcd of {other.name} is unknown"
            assert machine.shown_boot in {None, machine.boots}, f"{other.name} is not back yet"

    def _pool_of(self, node: Node) -> str:
        return next((pool for pool, nodes in self._cluster.members().items() if node in nodes), "")

    def _most(self, pool: str) -> int:
        return max_unavailable(self._cluster.pools[pool], len(self._cluster.members()[pool]))


def _is_down(node: Node, controller: ControllerState) -> bool:
    changing = node.status.state is NodeState.WORKING and node.status.applied
    return not node.available or changing or node.name in controller.runs.under_way


def _is_not_left_cordoned(node: Node, machine: Machine) -> None:
    """Assert that a node is uncordoned that failed before anything was applied."""
    failure = node.status.last_failure
    if failure and failure.phase is Phase.PREFLIGHT and machine.proven:
        assert not node.cordoned_by_controller, f"{node.name} is left cordoned"


def _returns(run: UpdateRun, cluster: Cluster) -> bool:
    """Return whether the run returns to the current config."""
    return cluster.status(run.machine).current_config == run.config
