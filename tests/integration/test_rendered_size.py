"""The API server accepts the largest config that is rendered."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from controller.rendering.render import LARGEST, Rendered, render, stored_size
from tests.conftest import ApiServer
from tests.contract.crds import install
from tests.unit.rendering.build import machine_config, units


@pytest.fixture(scope="module", autouse=True)
def kinds(api_server: ApiServer) -> Iterator[None]:
    """Install the CRDs, and leave the API server as it was."""
    kubectl = install(api_server)
    yield
    kubectl("delete", "machineconfigs", "--selector=at-the-limit")


def filled_with(character: str, lines: int) -> dict[str, Any]:
    return units({"name": "a.service", "contents": "[Unit]\n" + f"# {character * 100}\n" * lines})


@pytest.mark.parametrize("character", ["x", "<", "é", "\u2028", '"'])
def test_a_config_at_the_limit_can_be_stored(api_server: ApiServer, character: str) -> None:
    line = stored_size(filled_with(character, 2)) - stored_size(filled_with(character, 1))
    frame = stored_size(machine_config("a", **filled_with(character, 0)).spec.config or {})
    config = filled_with(character, (LARGEST - frame) // line)
    rendered = render("worker", [machine_config("a", **config)], "boot")
    assert isinstance(rendered, Rendered), rendered
    assert stored_size(rendered.config) > LARGEST - line
    document = {
        "apiVersion": "machineconfiguration.alauda.io/v1alpha1",
        "kind": "MachineConfig",
        "metadata": {
            "name": f"at-the-limit-{ord(character)}",
            "labels": {"at-the-limit": "yes"},
        },
        "spec": {"config": rendered.config},
    }

    made = api_server.kubectl("create", "-f", "-", stdin=json.dumps(document))

    assert made.returncode == 0, made.stderr
