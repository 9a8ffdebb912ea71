"""Workers on a real API server, with simulated machines."""

import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from controller.api import names
from controller.api.json_object import Json
from controller.cluster.api_server import API_PATH, ApiServer
from controller.cluster.errors import ClusterError
from controller.cluster.lease import Lease
from controller.cluster.live_cluster import LiveCluster
from controller.planning.plan import plan
from controller.reconcile.concurrent_writes import ConcurrentWrites
from controller.reconcile.ports import Ports
from controller.reconcile.reconciler import Reconciler
from controller.reconcile.render_cache import RenderCache
from controller.runs.checks import Checks
from controller.runs.updates import Updates
from controller.settings import Settings
from tests.simulated_machines.executor import SimulatedExecutor
from tests.unit.rendering.build import files, machine_config

_TIMEOUT = 120.0  # seconds

_KUBELET_STATUS = {
    "conditions": [{"type": "Ready", "status": "True"}],
    "nodeInfo": {"operatingSystem": "linux"},
    "addresses": [{"type": "InternalIP", "address": "192.0.2.1"}],
}


class HeldLease(Lease):
    """A Lease that is held; each process gets the next number."""

    def __init__(self, transitions: int) -> None:
        self.transitions = transitions

    def held(self) -> bool:
        return True


class Cluster:
    """Workers on a real API server, with simulated machines."""

    def __init__(self, administrator: ApiServer, kubeconfig: Path, nodes: Sequence[str]) -> None:
        self.machines = SimulatedExecutor(self.cordon)
        self.nodes = nodes
        self.kubeconfig = kubeconfig
        self._administrator = administrator
        self._processes = 0
        for name in nodes:
            node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}}
            administrator.create("/api/v1/nodes", node)
            administrator.patch(f"/api/v1/nodes/{name}/status", {"status": _KUBELET_STATUS})

    def controller(self, server: ApiServer | None = None) -> Reconciler:
        """Return a new process without memory of earlier ones."""
        self._processes += 1
        self.machines.lose_runs()
        settings = Settings(failure_retry=0.001, check_interval=3600)
        reached = server or ApiServer(self.kubeconfig)
        updates, checks = Updates(self.machines, settings), Checks(self.machines, settings)
        lease = HeldLease(self._processes)
        clock = partial(datetime.now, UTC)
        ports = Ports(LiveCluster(reached), lease, clock, ConcurrentWrites(), lambda: None)
        return Reconciler(ports, updates, checks, settings, partial(plan, renderer=RenderCache()))

    def configure(self, contents: str) -> None:
        """Apply a MachineConfig for the workers."""
        file = {"path": "/etc/motd", "contents": {"source": f"data:,{contents}"}}
        body = machine_config(f"50-{contents}", **files(file)).to_api()
        self._administrator.create(f"{API_PATH}/machineconfigs", body)

    def roll_out(self, controller: Reconciler, beyond: str = "", nodes: Sequence[str] = ()) -> None:
        """Run passes until these nodes are Done on the target, which must not be `beyond`.

        Without names, all nodes have to be Done, and the pool has to report it.
        """
        end = time.monotonic() + _TIMEOUT
        while time.monotonic() < end:
            with suppress(ClusterError):
                controller.run_pass()
            if self.machines.advance() or self.target() == beyond:
                continue
            if self._are_settled(nodes or self.nodes) and (nodes or self._is_updated()):
                return
        raise AssertionError(f"not rolled out: {[self.node(name) for name in self.nodes]}")

    def node(self, name: str) -> Json:
        """Return the annotations of a node, and whether it is cordoned."""
        node = self._administrator.get(f"/api/v1/nodes/{name}")
        marks = node["metadata"].get("annotations", {})
        return {"cordoned": node["spec"].get("unschedulable", False), **marks}

    def target(self) -> str:
        """Return the worker pool's target."""
        pool = self._administrator.get(f"{API_PATH}/machineconfigpools/worker")
        return str(pool["spec"].get("configuration", {}).get("name"))

    def annotate(self, node: str, key: str, value: str) -> None:
        """Set an annotation of a Node."""
        body = {"metadata": {"annotations": {key: value}}}
        self._administrator.patch(f"/api/v1/nodes/{node}", body)

    def taint(self, node: str, *keys: str) -> None:
        """Replace the taints of a Node."""
        taints = [{"key": key, "effect": "NoSchedule"} for key in keys]
        self._administrator.patch(f"/api/v1/nodes/{node}", {"spec": {"taints": taints}})

    def taints(self, node: str) -> list[str]:
        """Return the keys of a Node's taints."""
        spec = self._administrator.get(f"/api/v1/nodes/{node}")["spec"]
        return [each["key"] for each in spec.get("taints", ())]

    def known(self, node: str) -> Json:
        """Return the status of a node's MachineConfigNode."""
        status: Json = self._administrator.get(f"{API_PATH}/machineconfignodes/{node}")["status"]
        return status

    def forget(self, node: str) -> None:
        """Delete the MachineConfigNode, like the deletion of its CRD."""
        self._administrator.delete(f"{API_PATH}/machineconfignodes/{node}", None)

    def events(self, name: str, kind: str = "Node") -> list[str]:
        """Return the reasons of the Events of a Node, or another object."""
        selector = f"involvedObject.kind={kind},involvedObject.name={name}"
        found = self._administrator.items("/api/v1/events", fieldSelector=selector)
        return [each["reason"] for each in found]

    def wait_for_target_beyond(self, before: str) -> str:
        """Wait until the target is another config than `before`, and return it."""
        end = time.monotonic() + _TIMEOUT
        while (target := self.target()) == before:
            assert time.monotonic() < end, f"{before} stays the target"
            time.sleep(0.1)
        return target

    def pool(self, name: str = "worker") -> dict[str, Any]:
        """Return the pool's conditions by type."""
        return {each["type"]: each["status"] for each in self._conditions(name)}

    def message(self, kind: str) -> str:
        """Return the message of a condition of the worker pool."""
        found = self._conditions("worker")
        return str(next(each["message"] for each in found if each["type"] == kind))

    def _conditions(self, pool: str) -> list[Json]:
        found = self._administrator.get(f"{API_PATH}/machineconfigpools/{pool}")
        return list(found["status"]["conditions"])

    def _is_updated(self) -> bool:
        return bool(self.pool()["Updated"] == "True")

    def _are_settled(self, nodes: Sequence[str]) -> bool:
        wanted = {
            "cordoned": False,
            names.CURRENT_CONFIG: self.target(),
            names.DESIRED_CONFIG: self.target(),
            names.STATE: "Done",
            names.REASON: "",
        }
        return all(self.node(name) == wanted for name in nodes)

    def cordon(self, node: str, cordoned: bool, mark: str = "") -> None:  # noqa: FBT001 - a callback
        """Cordon or uncordon like the roles, which leave a cordon without their mark alone."""
        now = self.node(node)
        if now["cordoned"] is cordoned or (not cordoned and now.get(names.CORDON_MARK) != mark):
            return
        marks = {names.CORDON_MARK: (mark or None) if cordoned else None}
        body = {"metadata": {"annotations": marks}, "spec": {"unschedulable": cordoned or None}}
        self._administrator.patch(f"/api/v1/nodes/{node}", body)
