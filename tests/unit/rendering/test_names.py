"""The name of a rendered config depends only on its effect on a node.

The names of `golden_names.json` never change again: one that did would make every pool of every
cluster render anew.
"""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from controller.rendering.render import Rendered, render
from tests.unit.rendering.build import files, gzipped, in_base64, keys, machine_config, units

GOLDEN = json.loads((Path(__file__).parent / "golden_names.json").read_text(encoding="utf-8"))
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
    """Return the name of the rendered config of these configs, one per MachineConfig."""
    sources = [machine_config(f"{index}", **each) for index, each in enumerate(configs)]
    rendered = render(pool, sources, "boot")
    assert isinstance(rendered, Rendered)
    return rendered.name


def backwards(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Return the value with the members of every object in reverse order."""
    if isinstance(value, dict):
        return {key: backwards(value[key]) for key in reversed(value)}
    return [backwards(each) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize("case", GOLDEN, ids=lambda case: case["what"])
def test_a_name_is_stable_across_machines_and_versions(case: dict[str, Any]) -> None:
    assert name(*case["configs"], pool=case["pool"]) == case["name"]


def with_contents(source: str, **contents: Any) -> dict[str, Any]:  # noqa: ANN401 - any member of contents
    """Return the whole config with this form of the file /etc/motd."""
    return WHOLE | files(MOTD | {"contents": {"source": source} | contents}, HOSTS)


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
        pytest.param([with_contents(in_base64(b"hello"))], id="how contents are encoded"),
        pytest.param([with_contents(**gzipped(b"hello"))], id="whether they are compressed"),
        pytest.param(
            [with_contents("data:text/plain;charset=utf-8,hello")], id="what type they are"
        ),
        pytest.param(
            [
                with_contents(
                    "data:,hello",
                    verification={"hash": f"sha256-{sha256(b'hello').hexdigest()}"},
                )
            ],
            id="that they are verified",
        ),
        pytest.param(
            [WHOLE | files(MOTD | {"user": {"id": 0}, "group": {"name": "root"}}, HOSTS)],
            id="how root is called",
        ),
        pytest.param([WHOLE | files(MOTD, HOSTS | {"mode": 420})], id="a mode that is the default"),
        pytest.param(
            [WHOLE | keys(" ssh-ed25519 BBBB b", "ssh-ed25519 AAAA a ")], id="the order of keys"
        ),
        pytest.param([WHOLE | units(A, B | {"contents": "[Unit]\n"})], id="the text behind a mask"),
        pytest.param([WHOLE | units(A, B, {"name": "c.service"})], id="a unit without a wish"),
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
        pytest.param(units(A | {"enabled": False}, B), id="enablement"),
        pytest.param(units(A, B | {"mask": False}), id="a mask"),
        pytest.param(units(A | {"dropins": [FIRST]}, B), id="a drop-in less"),
        pytest.param(keys("ssh-ed25519 AAAA a"), id="a key less"),
    ],
)
def test_a_name_depends_on_every_part_of_the_effect(other: dict[str, Any]) -> None:
    assert name(WHOLE | other) != name(WHOLE)


def test_the_user_of_the_keys_changes_the_name_only_if_there_are_keys() -> None:
    def of(boot_user: str, *lines: str) -> object:
        source = machine_config("0", **keys(*lines, user=boot_user))
        rendered = render("worker", [source], boot_user)
        assert isinstance(rendered, Rendered)
        return rendered.name

    assert of("core") == of("boot")
    assert of("core", "ssh-ed25519 AAAA a") != of("boot", "ssh-ed25519 AAAA a")


def test_pools_with_equal_content_have_separate_rendered_configs() -> None:
    assert name(WHOLE, pool="gpu") == name(WHOLE).replace("worker", "gpu")
