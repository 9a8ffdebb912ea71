"""The API server's side: pools, MachineConfigs, Nodes and what the controller notes of them."""

from typing import Any

from controller.api import names
from controller.api.machine_config_node import MachineConfigNodeStatus, NodeState
from controller.api.machine_config_pool import MachineConfigPool, PoolConfiguration
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
    """All objects, as they stand."""

    def __init__(self, clock: Clock) -> None:
        """Nothing is there yet."""
        self.clock = clock
        self.machines: dict[str, Machine] = {}
        self.pools: dict[str, MachineConfigPool] = {}
        self.versions: dict[str, str] = {}
        self.rendered: set[str] = set()
        self.notes: dict[str, MachineConfigNodeStatus] = {}
        # The nodes on which a replica of the controller is ready.
        self.controllers: tuple[str, ...] = ()

    def add_pool(self, name: str, max_unavailable: int | str) -> None:
        """Make a pool, if it is not there: a default one, or one of the nodes labelled `name`."""
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
        self.pools[name] = pool.model_copy(update={"spec": pool.spec.model_copy(update=fields)})

    def delete_pool(self, name: str) -> None:
        """Delete a pool, and with it the rendered configs that it owns."""
        self.pools.pop(name, None)
        self.rendered = {
            each for each in self.rendered if each.rpartition("-")[0] != f"rendered-{name}"
        }

    def put_in_force(self, pool: str, name: str) -> None:
        """Write a pool's rendered config, and that it is the one in force."""
        self.rendered.add(name)
        self.change_pool(pool, configuration=PoolConfiguration(name=name))

    def settle(self, machine: Machine, pool: str, name: str) -> None:
        """Let a node have been on the pool's config since long ago."""
        machine.config = name
        self.machines[machine.name] = machine
        self.notes[uid(machine)] = MachineConfigNodeStatus(
            pool=pool,
            state=NodeState.DONE,
            current_config=name,
            desired_config=name,
            machine_id=machine.id,
        )

    def snapshot(self) -> Snapshot:
        """What a pass looks at."""
        configs = [machine_config(role, version) for role, version in self.versions.items()]
        return Snapshot(
            nodes=tuple(map(self._node, self.machines.values())),
            pools=tuple(self.pools.values()),
            machine_configs=(*configs, *map(rendered, sorted(self.rendered))),
            controllers=frozenset(self.controllers),
        )

    def members(self) -> dict[str, tuple[Node, ...]]:
        """The nodes of each pool."""
        snapshot = self.snapshot()
        return dict(membership(snapshot.nodes, snapshot.pools).members)

    def _node(self, machine: Machine) -> Node:
        status = self.notes.get(uid(machine), MachineConfigNodeStatus())
        marked = bool(machine.mark) and digest(machine.mark) == status.cordon_mark
        return Node(
            name=machine.name,
            uid=uid(machine),
            created=at(machine.born),
            labels=machine.labels,
            address="192.0.2.1",
            ready=machine.ready(self.clock.now),
            pressured=machine.pressured,
            unschedulable=machine.unschedulable,
            cordoned_by_controller=machine.unschedulable and marked,
            cordon_mark=machine.mark if marked else "",
            held=machine.held,
            status=status,
            failing_pods=machine.failing_pods,
        )


def uid(machine: Machine) -> str:
    """Return what tells a Node from one that was there before under its name."""
    return f"{machine.name}@{machine.born}"
