"""The objects on the API server: pools, MachineConfigs, Nodes and their MachineConfigNodes."""

from collections.abc import Callable, Iterator
from typing import Any

from controller.api import names
from controller.api.machine_config_node import MachineConfigNodeStatus, NodeState
from controller.api.machine_config_pool import MachineConfigPool, PoolConfiguration
from controller.api.meta import ObjectReference
from controller.planning.control_plane_facts import ETCD, ControlPlaneFacts, StaticPod
from controller.planning.cordon_mark import digest
from controller.planning.membership import membership
from controller.planning.node import Node
from controller.planning.snapshot import Snapshot
from tests.unit.reconcile.simulated_cluster.clock import Clock, at
from tests.unit.reconcile.simulated_cluster.configs import machine_config, rendered
from tests.unit.reconcile.simulated_cluster.machine import Machine

_WORKER = {
    "matchExpressions": [
        {"key": names.CONTROL_PLANE_NODE_LABEL, "operator": "DoesNotExist"},
    ]
}
_MASTER = {"matchExpressions": [{"key": names.CONTROL_PLANE_NODE_LABEL, "operator": "Exists"}]}


class Cluster:
    """All objects as they are now, and how administrators change them."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.machines: dict[str, Machine] = {}
        self.pools: dict[str, MachineConfigPool] = {}
        self.versions: dict[str, str] = {}
        self.rendered: set[str] = set()
        # The statuses of the MachineConfigNodes, by the uid of the Node.
        self.statuses: dict[str, MachineConfigNodeStatus] = {}
        # The nodes on which a replica of the controller is ready.
        self.controllers: tuple[str, ...] = ()
        # The nodes and pools whose writes the API server refuses, and whether it answers at all.
        self.refused: set[str] = set()
        self.available = True
        # Called once each, before the status of a node is written.
        self.before_write: dict[str, Callable[[], None]] = {}

    def add_pool(self, name: str, max_unavailable: int | str) -> None:
        """Create a pool unless it exists: a default one, or one of the nodes labelled `name`."""
        if name in self.pools:
            return
        own = {"matchExpressions": [{"key": name, "operator": "Exists"}]}
        selector = {names.WORKER: _WORKER, names.MASTER: _MASTER}.get(name, own)
        spec = {
            "nodeSelector": selector,
            "machineConfigSelector": {"matchLabels": {names.ROLE_LABEL: name}},
            "maxUnavailable": max_unavailable,
        }
        self.pools[name] = MachineConfigPool.model_validate(
            {"metadata": {"name": name}, "spec": spec}
        )

    def change_pool(self, name: str, **fields: Any) -> None:  # noqa: ANN401 - any field of a spec
        """Edit a pool's spec."""
        pool = self.pools[name]
        assert fields.keys() <= type(pool.spec).model_fields.keys(), fields
        self.pools[name] = pool.model_copy(update={"spec": pool.spec.model_copy(update=fields)})

    def delete_pool(self, name: str) -> None:
        """Delete a pool, and with it the rendered configs that it owns."""
        self.pools.pop(name, None)
        self.rendered = {
            each for each in self.rendered if each.rpartition("-")[0] != f"rendered-{name}"
        }

    def add_updated(self, machine: Machine, pool: str, config: str) -> None:
        """Add a node that has been on its pool's target for long."""
        machine.config = config
        self.machines[machine.name] = machine
        self.statuses[machine.uid] = MachineConfigNodeStatus(
            pool=pool,
            state=NodeState.DONE,
            current_config=config,
            desired_config=config,
            machine_id=machine.id,
        )

    def set_target(self, pool: str, config: str) -> None:
        """Have a pool with this target."""
        self.rendered.add(config)
        source = ObjectReference(
            api_version=names.API_VERSION, kind="MachineConfig", name=machine_config(pool, "").name
        )
        configuration = PoolConfiguration(
            api_version=names.API_VERSION, kind="MachineConfig", name=config, source=(source,)
        )
        self.change_pool(pool, configuration=configuration)

    def snapshot(self) -> Snapshot:
        """Return what a pass observes."""
        configs = [machine_config(role, version) for role, version in self.versions.items()]
        return Snapshot(
            nodes=tuple(map(self._node, self.machines.values())),
            pools=tuple(self.pools.values()),
            machine_configs=(*configs, *map(rendered, sorted(self.rendered))),
            controllers=frozenset(self.controllers),
            control_plane=ControlPlaneFacts(),
        )

    def members(self) -> dict[str, tuple[Node, ...]]:
        """Return the nodes of each pool."""
        snapshot = self.snapshot()
        return dict(membership(snapshot.nodes, snapshot.pools).members)

    def node(self, name: str) -> Node:
        """Return a Node as a pass observes it."""
        return self._node(self.machines[name])

    def status(self, machine: Machine) -> MachineConfigNodeStatus:
        """Return the status of the MachineConfigNode; an empty one where there is none."""
        return self.statuses.get(machine.uid, MachineConfigNodeStatus())

    def _node(self, machine: Machine) -> Node:
        status = self.status(machine)
        marked = bool(machine.mark) and digest(machine.mark) == status.cordon_mark
        return Node(
            name=machine.name,
            uid=machine.uid,
            created=at(machine.born),
            labels=machine.labels,
            address="192.0.2.1",
            ready=machine.observe_ready(self.clock.now),
            pressured=machine.pressured,
            unschedulable=machine.unschedulable,
            cordoned_by_controller=machine.unschedulable and marked,
            cordon_mark=machine.mark if marked else "",
            held=machine.held,
            requests=machine.requests,
            tainted=machine.tainted,
            status=status,
            static_pods=tuple(_static_pods(machine)),
            unready_since=None if machine.unready_since is None else at(machine.unready_since),
        )


def _static_pods(machine: Machine) -> Iterator[StaticPod]:
    """Yield the etcd of a control plane node, and what else is said to fail there."""
    boot = machine.boots if machine.shown_boot is None else machine.shown_boot
    failing = machine.failing_pods
    if names.CONTROL_PLANE_NODE_LABEL in machine.labels and machine.shows_etcd:
        yield StaticPod(ETCD, ETCD, ETCD not in failing, str(boot))
    for name in failing:
        if name != ETCD:
            yield StaticPod(name, name, ready=False)
