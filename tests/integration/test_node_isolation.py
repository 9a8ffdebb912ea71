"""Whatever a node answers, only the status of that node changes."""

from collections.abc import Callable
from typing import Final

import pytest

from controller.api import names
from controller.api.json_object import Json
from tests import conftest
from tests.integration.cluster import Cluster
from tests.simulated_machines.executor import Machine

Answer = Callable[[Machine], None]


def _answers(**values: object) -> Answer:
    def forge(machine: Machine) -> None:
        for name, value in values.items():
            setattr(machine, name, value)

    return forge


ANSWERS: Final[dict[str, Answer]] = {
    "a fencing number near 2**30": _answers(fence=2**30 - 2),
    "a fencing number above all": _answers(fence=2**63),
    "another pool's config": _answers(config="rendered-master-44136fa355b3678a"),
    "an unknown config": _answers(config="rendered-worker-ffffffffffffffff"),
    "a config with an endless name": _answers(config="x" * 100_000),
    "an endless machine ID": _answers(config="", machine_id="x" * 100_000),
    "an endless path": _answers(drift=("/" + "x" * 100_000,)),
    "many paths": _answers(drift=tuple(f"/{number}" for number in range(1_000))),
    "a force file": _answers(forced=True),
}


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_a_nodes_answers_change_nothing_of_another_node(
    cluster: Cluster, api_server: conftest.ApiServer, answer: Answer
) -> None:
    both = '{"spec": {"maxUnavailable": 2}}'
    api_server.kubectl("patch", "mcp", "worker", "--type=merge", f"--patch={both}")
    controller = cluster.controller()
    cluster.roll_out(controller)
    machines, before = cluster.machines.machines, cluster.target()
    answer(machines["w-1"])
    cluster.annotate("w-1", names.CHECK, "now")
    controller.run_pass()
    cluster.machines.advance()

    cluster.configure("next")
    cluster.roll_out(controller, beyond=before, nodes=["w-2"])

    honest: Json = cluster.known("w-2")
    assert (honest["state"], honest["currentConfig"]) == ("Done", cluster.target())
    assert honest["fenceOffset"] == 0
    assert set(machines["w-2"].fences) == {1}, "the number of the one controller that ever led"
