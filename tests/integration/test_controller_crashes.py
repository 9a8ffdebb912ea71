"""Another controller completes the rollout, at whichever write the first one dies."""

from contextlib import suppress

import pytest

from controller.api.machine_config_node import Phase
from tests.integration.cluster import Cluster
from tests.simulated_machines.faulty_api_servers import DiedError, DyingServer

_MOST_WRITES = 100


@pytest.mark.parametrize("cluster", [("w-1",)], indirect=True, ids=[""])
@pytest.mark.parametrize("written", [False, True], ids=["before", "after"])
def test_a_controller_killed_at_any_of_its_writes_is_followed_by_one_that_completes_the_rollout(
    cluster: Cluster, *, written: bool
) -> None:
    cluster.roll_out(cluster.controller())
    (machine,) = cluster.machines.machines.values()
    for number in range(1, _MOST_WRITES):
        before = cluster.target()
        cluster.configure(f"kill-{number:03}")
        with suppress(DiedError):
            mortal = DyingServer(cluster.kubeconfig, number, written=written)
            cluster.roll_out(cluster.controller(mortal), beyond=before)
            break
        cluster.roll_out(cluster.controller(), beyond=before)

        assert machine.reboots[number:] == [cluster.target()], "one reboot for one config"
    assert number > len(Phase), "it has died at each write of a rollout"
