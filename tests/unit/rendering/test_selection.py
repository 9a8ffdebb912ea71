"""A pool renders its MachineConfigs by name; a custom pool inherits those of worker."""

import pytest

from controller.api.machine_config import MachineConfig
from controller.api.machine_config_pool import MachineConfigPool
from controller.api.names import ROLE_LABEL
from controller.rendering.selection import sources
from tests.unit.rendering.build import machine_config, pool

WORKER, MASTER, GPU = pool("worker"), pool("master"), pool("gpu")
BOTH_ROLES = pool(
    "gpu",
    machineConfigSelector={
        "matchExpressions": [{"key": ROLE_LABEL, "operator": "In", "values": ["worker", "gpu"]}]
    },
)
CONFIGS = [
    machine_config("50-gpu", "gpu"),
    machine_config("99-worker"),
    machine_config("00-gpu", "gpu"),
    machine_config("00-worker"),
    machine_config("00-master", "master"),
    machine_config("rendered-worker-0123456789abcdef"),
]


def selected(
    asked: MachineConfigPool, pools: list[MachineConfigPool], configs: list[MachineConfig]
) -> list[str]:
    return [each.name for each in sources(asked, pools, configs)]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        pytest.param(WORKER, ["00-worker", "99-worker"], id="by name, without rendered ones"),
        pytest.param(MASTER, ["00-master"], id="master inherits nothing"),
        pytest.param(
            GPU,
            ["00-worker", "99-worker", "00-gpu", "50-gpu"],
            id="a custom pool has those of worker, and its own last",
        ),
        pytest.param(
            BOTH_ROLES,
            ["00-worker", "99-worker", "00-gpu", "50-gpu"],
            id="also if its own selector selects both",
        ),
        pytest.param(
            pool("empty"), ["00-worker", "99-worker"], id="also if it has none of its own"
        ),
    ],
)
def test_a_pool_renders_what_it_selects_in_order(
    asked: MachineConfigPool, expected: list[str]
) -> None:
    assert selected(asked, [asked, WORKER, MASTER], CONFIGS) == expected
    assert selected(asked, [MASTER, WORKER, asked], CONFIGS[::-1]) == expected


def test_an_empty_selector_selects_no_machine_config() -> None:
    asked = pool("worker", machineConfigSelector={})

    assert selected(asked, [asked], CONFIGS) == []


def test_a_machine_config_is_rendered_once_however_often_it_is_selected() -> None:
    both = machine_config("50-both")

    assert selected(BOTH_ROLES, [WORKER, BOTH_ROLES], [both]) == ["50-both"]
