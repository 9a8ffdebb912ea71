"""Whatever one node answers, nothing but what is known of that node moves."""

from collections.abc import Callable
from typing import Final

import pytest

from controller.api import names
from controller.api.json_object import Json
from tests import conftest
from tests.integration.cluster import Cluster
from tests.simulated_machines.executor import Machine

Lie = Callable[[Machine], None]


def _says(**answer: object) -> Lie:
    def lie(machine: Machine) -> None:
        for name, value in answer.items():
            setattr(machine, name, value)

    return lie


LIES: Final[dict[str, Lie]] = {
    "a fencing number near 2**30": _says(fence=2**30 - 2),
    "a fencing number beyond all": _says(fence=2**63),
    "another pool's config": _says(config="rendered-master-44136fa355b3678a"),
    "a config that nobody knows": _says(config="rendered-worker-ffffffffffffffff"),
    "a config of a name without end": _says(config="x" * 100_000),
    "another machine ID, without end": _says(config="", machine_id="x" * 100_000),
    "a path without end": _says(drift=("/" + "x" * 100_000,)),
    "paths without end": _says(drift=tuple(f"/{number}" for number in range(1_000))),
    "that it wants everything applied again": _says(forced=True),
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_what_a_node_says_moves_nothing_of_another_node(
    cluster: Cluster, api_server: conftest.ApiServer, lie: Lie
) -> None:
    both = '{"spec": {"maxUnavailable": 2}}'
    api_server.kubectl("patch", "mcp", "worker", "--type=merge", f"--patch={both}")
    controller = cluster.controller()
    cluster.roll_out(controller)
    machines, before = cluster.machines.machines, cluster.target()
    lie(machines["w-1"])
    cluster.annotate("w-1", names.CHECK, "now")
    controller.run_pass()
    cluster.machines.advance()

    cluster.configure("next")
    cluster.roll_out(controller, beyond=before, nodes=["w-2"])

    honest: Json = cluster.known("w-2")
    assert (honest["state"], honest["currentConfig"]) == ("Done", cluster.target())
    assert honest["fenceOffset"] == 0
    assert set(machines["w-2"].fences) == {1}, "the number of the one controller that ever led"
