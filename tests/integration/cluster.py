"""Workers on a real API server, with simulated machines behind them."""

import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from controller.api import names
from controller.api.json_object import Json
from controller.cluster.api_server import OURS, ApiServer
from controller.cluster.errors import ClusterError
from controller.cluster.lease import Lease
from controller.cluster.live_cluster import LiveCluster
from controller.planning.plan import plan
from controller.reconcile.ports import Ports
from controller.reconcile.reconciler import Reconciler
from controller.reconcile.render_cache import RenderCache
from controller.reconcile.write_pool import WritePool
from controller.runs.checks import Checks
from controller.runs.updates import Updates
from controller.settings import Settings
from tests.simulated_machines.executor import Machines
from tests.unit.rendering.build import files, machine_config

_PATIENCE = 120.0  # seconds

_KUBELET_SAYS = {
    "conditions": [{"type": "Ready", "status": "True"}],
    "nodeInfo": {"operatingSystem": "linux"},
    "addresses": [{"type": "InternalIP", "address": "192.0.2.1"}],
}


class Leading(Lease):
    """A Lease that is held; each process that follows another has the next number."""

    def __init__(self, transitions: int) -> None:
        self.transitions = transitions

    def held(self) -> bool:
        return True


class Cluster:
    """Workers on a real API server, with simulated machines behind them."""

    def __init__(self, administrator: ApiServer, kubeconfig: Path, nodes: Sequence[str]) -> None:
        self.machines = Machines(self.cordon)
        self.nodes = nodes
        self.kubeconfig = kubeconfig
        self._administrator = administrator
        self._processes = 0
        for name in nodes:
            node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}}
            administrator.create("/api/v1/nodes", node)
            administrator.patch(f"/api/v1/nodes/{name}/status", {"status": _KUBELET_SAYS})

    def controller(self, server: ApiServer | None = None) -> Reconciler:
        """A new process, which knows nothing of the one before."""
        self._processes += 1
        self.machines.lose_runs()
        settings = Settings(failure_retry=0.001, check_interval=3600)
        reached = server or ApiServer(self.kubeconfig)
        updates, checks = Updates(self.machines, settings), Checks(self.machines, settings)
        lease = Leading(self._processes)
        clock = partial(datetime.now, UTC)
        ports = Ports(LiveCluster(reached), lease, clock, WritePool(), lambda: None)
        return Reconciler(ports, updates, checks, settings, partial(plan, renderer=RenderCache()))

    def configure(self, contents: str) -> None:
        """Apply a MachineConfig for the workers."""
        file = {"path": "/etc/motd", "contents": {"source": f"data:,{contents}"}}
        body = machine_config(f"50-{contents}", **files(file)).to_api()
        self._administrator.create(f"{OURS}/machineconfigs", body)

    def roll_out(self, controller: Reconciler, beyond: str = "", nodes: Sequence[str] = ()) -> None:
        """Make passes until these nodes are settled on the config in force, which is not `beyond`.

        Without any, all nodes are meant, and the pool has to say so.
        """
        end = time.monotonic() + _PATIENCE
        while time.monotonic() < end:
            with suppress(ClusterError):
                controller.run_pass()
            if self.machines.advance() or self.target() == beyond:
                continue
            if self._are_settled(nodes or self.nodes) and (nodes or self._is_updated()):
                return
        raise AssertionError(f"not rolled out: {[self.node(name) for name in self.nodes]}")

    def node(self, name: str) -> Json:
        """What a node says of itself, and whether it is cordoned."""
        node = self._administrator.get(f"/api/v1/nodes/{name}")
        marks = node["metadata"].get("annotations", {})
        return {"cordoned": node["spec"].get("unschedulable", False), **marks}

    def target(self) -> str:
        """The config in force."""
        pool = self._administrator.get(f"{OURS}/machineconfigpools/worker")
        return str(pool["spec"].get("configuration", {}).get("name"))

    def annotate(self, node: str, key: str, word: str) -> None:
        """Write an annotation of a Node."""
        body = {"metadata": {"annotations": {key: word}}}
        self._administrator.patch(f"/api/v1/nodes/{node}", body)

    def taint(self, node: str, *keys: str) -> None:
        """Give a Node these taints, and no other."""
        taints = [{"key": key, "effect": "NoSchedule"} for key in keys]
        self._administrator.patch(f"/api/v1/nodes/{node}", {"spec": {"taints": taints}})

    def taints(self, node: str) -> list[str]:
        """The keys of a Node's taints."""
        spec = self._administrator.get(f"/api/v1/nodes/{node}")["spec"]
        return [each["key"] for each in spec.get("taints", ())]

    def known(self, node: str) -> Json:
        """What the controller knows of a node."""
        status: Json = self._administrator.get(f"{OURS}/machineconfignodes/{node}")["status"]
        return status

    def forget(self, node: str) -> None:
        """Delete the MachineConfigNode, as the deletion of its CRD does."""
        self._administrator.delete(f"{OURS}/machineconfignodes/{node}", None)

    def events(self, name: str, kind: str = "Node") -> list[str]:
        """The reasons of the Events of a Node, or another object."""
        selector = f"involvedObject.kind={kind},involvedObject.name={name}"
        found = self._administrator.items("/api/v1/events", fieldSelector=selector)
        return [each["reason"] for each in found]

    def wait_for_target_beyond(self, before: str) -> str:
        """Wait until another config than `before` is in force, and return it."""
        end = time.monotonic() + _PATIENCE
        while (target := self.target()) == before:
            assert time.monotonic() < end, f"{before} stays in force"
            time.sleep(0.1)
        return target

    def pool(self, name: str = "worker") -> dict[str, Any]:
        """The pool's conditions by their type."""
        return {each["type"]: each["status"] for each in self._conditions(name)}

    def message(self, kind: str) -> str:
        """What a condition of the workers' pool says."""
        found = self._conditions("worker")
        return str(next(each["message"] for each in found if each["type"] == kind))

    def _conditions(self, pool: str) -> list[Json]:
        found = self._administrator.get(f"{OURS}/machineconfigpools/{pool}")
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
        """As the roles do it: nobody else's cordon is taken for ours, nor taken away."""
        now = self.node(node)
        if now["cordoned"] is cordoned or (not cordoned and now.get(names.CORDON_MARK) != mark):
            return
        marks = {names.CORDON_MARK: (mark or None) if cordoned else None}
        body = {"metadata": {"annotations": marks}, "spec": {"unschedulable": cordoned or None}}
        self._administrator.patch(f"/api/v1/nodes/{node}", body)
