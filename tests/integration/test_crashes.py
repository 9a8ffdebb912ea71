"""Whatever happens to the controller or its line to a real API server, a rollout ends well."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from controller.api import names
from controller.api.machine_config_node import Phase
from controller.checks import Checks
from controller.cluster.api_server import OURS, ApiServer, Failed, Json
from controller.cluster.defaults import make_missing
from controller.cluster.lease import Lease
from controller.reconciler import Reconciler
from controller.settings import Settings
from controller.updates import Updates
from tests import conftest
from tests.simulation.machines import Machines
from tests.simulation.servers import DiedError, FailingServer, MortalServer
from tests.unit.rendering.build import files, machine_config

_MOST_WRITES = 100
_MOST_PASSES = 300
_KINDS = "machineconfigpools,machineconfigs,machineconfigurations,machineconfignodes,nodes"

_KUBELET_SAYS = {
    "conditions": [{"type": "Ready", "status": "True"}],
    "nodeInfo": {"operatingSystem": "linux"},
}


class Leading(Lease):
    """A Lease that is held; each process that follows another has the next number."""

    def __init__(self, transitions: int) -> None:
        self.transitions = transitions

    def held(self) -> bool:
        return True

    def outnumber(self, fence: int) -> None:
        del fence


class Cluster:
    """Workers on a real API server, with simulated machines behind them."""

    def __init__(self, administrator: ApiServer, kubeconfig: Path, nodes: Sequence[str]) -> None:
        self.machines = Machines(self._cordon)
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
        updates, checks = Updates(self.machines, reached, settings), Checks(self.machines, settings)
        lease = Leading(self._processes)
        return Reconciler(reached, lease, updates, checks, settings, lambda: None)

    def configure(self, contents: str) -> None:
        """Apply a MachineConfig for the workers."""
        file = {"path": "/etc/motd", "contents": {"source": f"data:,{contents}"}}
        body = machine_config(f"50-{contents}", **files(file)).to_api()
        self._administrator.create(f"{OURS}/machineconfigs", body)

    def roll_out(self, controller: Reconciler, beyond: str = "") -> None:
        """Make passes until every node is settled on the config in force, which is not `beyond`."""
        for _ in range(_MOST_PASSES):
            with suppress(*Failed):
                controller.run_pass()
            if not self.machines.advance() and self.target() != beyond and self._is_settled():
                return
        pytest.fail(f"not rolled out: {[self.node(name) for name in self.nodes]}")

    def node(self, name: str) -> Json:
        """What a node says of itself, and whether it is cordoned."""
        node = self._administrator.get(f"/api/v1/nodes/{name}")
        marks = node["metadata"].get("annotations", {})
        return {"cordoned": node["spec"].get("unschedulable", False), **marks}

    def target(self) -> str:
        """The config in force."""
        pool = self._administrator.get(f"{OURS}/machineconfigpools/worker")
        return str(pool["spec"].get("configuration", {}).get("name"))

    def pool(self) -> dict[str, Any]:
        """The pool's conditions by their type."""
        pool = self._administrator.get(f"{OURS}/machineconfigpools/worker")
        return {each["type"]: each["status"] for each in pool["status"]["conditions"]}

    def _is_settled(self) -> bool:
        wanted = {
            "cordoned": False,
            names.CURRENT_CONFIG: self.target(),
            names.DESIRED_CONFIG: self.target(),
            names.STATE: "Done",
            names.REASON: "",
        }
        return (
            all(self.node(name) == wanted for name in self.nodes)
            and self.pool()["Updated"] == "True"
        )

    def _cordon(self, node: str, cordoned: bool) -> None:  # noqa: FBT001 - a callback
        mark = {names.CORDONED_BY_US: "true" if cordoned else None}
        body = {"metadata": {"annotations": mark}, "spec": {"unschedulable": cordoned or None}}
        self._administrator.patch(f"/api/v1/nodes/{node}", body)


@pytest.fixture
def cluster(request: pytest.FixtureRequest, api_server: conftest.ApiServer) -> Iterator[Cluster]:
    kubeconfig = api_server.install()
    api_server.kubectl("delete", "--all", _KINDS)
    administrator = ApiServer(api_server.kubeconfig)
    make_missing(administrator)
    yield Cluster(administrator, kubeconfig, getattr(request, "param", ("w-1", "w-2")))
    api_server.kubectl("delete", "--all", _KINDS)


@pytest.mark.parametrize("cluster", [("w-1",)], indirect=True, ids=[""])
@pytest.mark.parametrize("written", [False, True], ids=["before", "after"])
def test_a_controller_killed_at_any_of_its_writes_is_followed_by_one_that_ends_the_rollout(
    cluster: Cluster, *, written: bool
) -> None:
    cluster.roll_out(cluster.controller())
    (machine,) = cluster.machines.machines.values()
    for number in range(1, _MOST_WRITES):
        before = cluster.target()
        cluster.configure(f"kill-{number:03}")
        with suppress(DiedError):
            mortal = MortalServer(cluster.kubeconfig, number, written=written)
            cluster.roll_out(cluster.controller(mortal), beyond=before)
            break
        cluster.roll_out(cluster.controller(), beyond=before)

        assert machine.reboots[number:] == [cluster.target()], "one reboot for one config"
    assert number > len(Phase), "it has died at each write of a rollout"


@pytest.mark.parametrize("seed", range(3))
def test_over_a_bad_line_nothing_is_lost_or_done_twice_and_no_node_is_called_degraded(
    cluster: Cluster, seed: int
) -> None:
    cluster.roll_out(cluster.controller())
    line = FailingServer(cluster.kubeconfig, 0.2, seed)
    before = cluster.target()
    cluster.configure(f"line-{seed}")

    cluster.roll_out(cluster.controller(line), beyond=before)

    for machine in cluster.machines.machines.values():
        assert machine.reboots == [before, cluster.target()]
    assert cluster.pool()["Degraded"] == "False"


def test_while_the_api_server_is_away_nothing_is_begun(cluster: Cluster) -> None:
    cluster.roll_out(cluster.controller())
    line = FailingServer(cluster.kubeconfig, 0.0, 0)
    controller = cluster.controller(line)
    before = cluster.target()
    cluster.configure("dark")
    line.chance = 1.0

    for _ in range(5):
        with pytest.raises(Failed):
            controller.run_pass()
        cluster.machines.advance()
    assert not any(machine.cordoned for machine in cluster.machines.machines.values())

    line.chance = 0.0
    cluster.roll_out(controller, beyond=before)
