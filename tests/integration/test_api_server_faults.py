"""A rollout completes in spite of faults of the API server and its connection."""

import json
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from controller.api import names
from controller.cluster.errors import ClusterError
from tests import conftest
from tests.integration.cluster import Cluster
from tests.simulated_machines.faulty_api_servers import FailingServer, RefusingServer
from tests.simulated_machines.tcp_proxy import TcpProxy


@pytest.mark.parametrize("seed", range(3))
def test_with_a_faulty_connection_nothing_is_lost_or_repeated_and_no_node_is_degraded(
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


def test_nothing_is_started_while_the_api_server_is_away(cluster: Cluster) -> None:
    cluster.roll_out(cluster.controller())
    line = FailingServer(cluster.kubeconfig, 0.0, 0)
    controller = cluster.controller(line)
    before = cluster.target()
    cluster.configure("dark")
    line.chance = 1.0

    for _ in range(5):
        with pytest.raises(ClusterError):
            controller.run_pass()
        cluster.machines.advance()
    assert not any(machine.cordoned for machine in cluster.machines.machines.values())

    line.chance = 0.0
    cluster.roll_out(controller, beyond=before)


def test_a_node_or_pool_that_cannot_be_written_delays_no_other(cluster: Cluster) -> None:
    cluster.roll_out(cluster.controller())
    server = RefusingServer(cluster.kubeconfig, "machineconfignodes/w-1", "pools/master")
    controller = cluster.controller(server)
    before = cluster.target()
    cluster.configure("refused")

    cluster.roll_out(controller, beyond=before, nodes=("w-2",))
    assert cluster.node("w-1")[names.DESIRED_CONFIG] == before

    server.about = ("nothing",)
    cluster.roll_out(controller, beyond=before)


@pytest.mark.parametrize("cluster", [()], indirect=True, ids=[""])
def test_a_controller_whose_connections_have_all_stalled_catches_up(
    cluster: Cluster, api_server: conftest.ApiServer, tmp_path: Path
) -> None:
    known = json.loads(cluster.kubeconfig.read_text())
    behind = urlsplit(known["clusters"][0]["cluster"]["server"])
    with TcpProxy((str(behind.hostname), int(behind.port or 443))) as line:
        address = f"https://{behind.hostname}:{line.server_address[1]}"
        known["clusters"][0]["cluster"]["server"] = address
        kubeconfig = tmp_path / "kubeconfig"
        kubeconfig.write_text(json.dumps(known))
        controller = api_server.controller()
        # No pass runs by its interval.
        hours = {"MACHINECONFIG_RESYNC_INTERVAL": "7200", "MACHINECONFIG_CHECK_INTERVAL": "7200"}
        controller.start(KUBECONFIG=str(kubeconfig), MACHINECONFIG_WATCH_TIMEOUT="6", **hours)
        try:
            before = cluster.wait_for_target_beyond("None")
            cluster.configure("heard")
            before = cluster.wait_for_target_beyond(before)
            line.stall()
            cluster.configure("unheard")
            cluster.wait_for_target_beyond(before)
        finally:
            controller.stop()
