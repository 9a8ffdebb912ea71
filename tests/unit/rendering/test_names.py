"""A rendered config's name depends on what it does to a node, and on nothing else.

The names are written out: one that changes without reason would roll every node of every cluster.
"""

import json
from typing import Any

import pytest

from controller.rendering.render import Rendered, render
from tests.unit.rendering.build import files, keys, machine_config, units

MOTD = {"path": "/etc/motd", "mode": 420, "contents": {"source": "data:,hello"}}
HOSTS = {"path": "/etc/hosts", "user": {"name": "root"}}
FIRST, SECOND = {"name": "10-a.conf", "contents": "[Unit]\n"}, {"name": "20-b.conf"}
A = {
    "name": "a.service",
    "enabled": True,
    "contents": "[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n",
    "dropins": [FIRST, SECOND],
}
B = {"name": "b.service", "mask": True}
WHOLE: dict[str, Any] = files(MOTD, HOSTS) | units(A, B)
WHOLE |= keys("ssh-ed25519 AAAA a", "ssh-ed25519 BBBB b")


def name(*configs: dict[str, Any], pool: str = "worker") -> str:
    """Return the name of what these configs make, each of a MachineConfig of its own."""
    sources = [machine_config(f"{index}", **each) for index, each in enumerate(configs)]
    rendered = render(pool, sources, "boot")
    assert isinstance(rendered, Rendered)
    return rendered.name


def backwards(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Return the value with the members of every object in the other order."""
    if isinstance(value, dict):
        return {key: backwards(value[key]) for key in reversed(value)}
    return [backwards(each) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        pytest.param({}, "rendered-worker-cc35ffe3d5be027a", id="empty"),
        pytest.param(files(MOTD), "rendered-worker-af5b1aff2dc43926", id="a file"),
        pytest.param(WHOLE, "rendered-worker-c2db62b66838341b", id="files, units and keys"),
        pytest.param(
            files({"path": "/etc/ä", "contents": {"source": "data:,%F0%9F%90%A7"}}),
            "rendered-worker-b56eab4d6d2f63d0",
            id="beyond ASCII",
        ),
    ],
)
def test_a_name_is_the_same_on_every_machine_and_forever(
    config: dict[str, Any], expected: str
) -> None:
    assert name(config) == expected


@pytest.mark.parametrize(
    "same",
    [
        pytest.param([backwards(WHOLE)], id="the order of keys"),
        pytest.param([WHOLE | files(HOSTS, MOTD)], id="the order of files"),
        pytest.param([WHOLE | units(B, A)], id="of units"),
        pytest.param(
            [WHOLE | units(B, A | {"dropins": [SECOND, FIRST]})],
            id="of drop-ins",
        ),
        pytest.param([{}, WHOLE, {}], id="in how many MachineConfigs it is written"),
        pytest.param([WHOLE | files(HOSTS), files(MOTD)], id="and in which of them"),
        pytest.param([WHOLE, files({"path": "/etc/motd"})], id="what is said twice"),
        pytest.param(
            [WHOLE | files(MOTD | {"overwrite": True}, HOSTS | {"overwrite": False})],
            id="a default that is written out",
        ),
        pytest.param([WHOLE | {"ignition": {"version": "3.1.0"}}], id="the version it came from"),
        pytest.param([WHOLE | {"unknown": 1}], id="a key that is ignored"),
        pytest.param([json.loads(json.dumps(WHOLE, indent=4))], id="white space"),
    ],
)
def test_a_name_does_not_depend_on(same: list[dict[str, Any]]) -> None:
    assert name(*same) == name(WHOLE)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(files(MOTD | {"mode": 384}, HOSTS), id="mode"),
        pytest.param(files(MOTD, HOSTS | {"user": {"name": "boot"}}), id="owner"),
        pytest.param(files(MOTD | {"contents": {"source": "data:,bye"}}, HOSTS), id="contents"),
        pytest.param(files(MOTD), id="a file less"),
        pytest.param(units(A | {"enabled": False}), id="enablement"),
        pytest.param(keys("ssh-ed25519 AAAA a"), id="a key less"),
    ],
)
def test_a_name_depends_on_everything_that_a_node_is_given(other: dict[str, Any]) -> None:
    assert name(WHOLE | other) != name(WHOLE)


def test_pools_with_the_same_content_have_rendered_configs_of_their_own() -> None:
    assert name(WHOLE, pool="gpu") == name(WHOLE).replace("worker", "gpu")
