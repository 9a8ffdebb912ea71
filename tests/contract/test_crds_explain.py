"""The user's view: `kubectl explain`, the columns of `kubectl get`, short names, defaults."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from controller.api.names import API_VERSION
from tests.contract.crds import MODELS, definitions, install, schemas, walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.contract.crds import ApiServer, Kubectl

FIELDS = [
    pytest.param(kind, path, id=kind + path)
    for kind, schema in schemas().items()
    for path, _ in walk(schema)
]

COLUMNS = {
    "mc": "NAME IGNITIONVERSION AGE",
    "mcp": (
        "NAME CONFIG UPDATED UPDATING DEGRADED MACHINECOUNT READYMACHINECOUNT "
        "UPDATEDMACHINECOUNT DEGRADEDMACHINECOUNT AGE REASON"
    ),
    "machineconfigurations": "NAME AGE",
    "mcn": "NAME POOL STATE PHASE DESIRED CURRENT REASON AGE",
}


@pytest.fixture(scope="module")
def kubectl(api_server: ApiServer) -> Kubectl:
    return install(api_server)


@pytest.fixture(scope="module")
def examples(kubectl: Kubectl) -> Iterator[None]:
    """One object of each kind, since `kubectl get` prints no header without one."""
    version = {"config": {"ignition": {"version": "3.4.0"}}}
    specs = {"MachineConfig": version, "MachineConfigPool": {}, "MachineConfiguration": {}}
    objects = "\n---\n".join(
        json.dumps(
            {
                "apiVersion": API_VERSION,
                "kind": kind,
                "metadata": {"name": "cluster"},
                **({"spec": specs[kind]} if kind in specs else {}),
            }
        )
        for kind in MODELS
    )
    kubectl("apply", "-f", "-", stdin=objects)
    yield
    kubectl("delete", "-f", "-", stdin=objects)


@pytest.mark.parametrize(("kind", "path"), FIELDS)
def test_every_field_is_described(kind: str, path: str) -> None:
    described = dict(walk(schemas()[kind]))[path].get("description", "")
    assert described.endswith(".")
    name = path.rpartition(".")[2]
    assert described.rstrip(".").lower() != name.lower(), "repeats only its own name"


@pytest.mark.parametrize("kind", MODELS)
def test_kubectl_explains_every_kind_down_to_its_leaves(kind: str, kubectl: Kubectl) -> None:
    explained = kubectl("explain", kind, "--recursive", "--api-version", API_VERSION)
    assert explained.returncode == 0, explained.stderr
    spec = kubectl("explain", f"{kind}.status" if kind == "MachineConfigNode" else f"{kind}.spec")
    assert "<no description>" not in explained.stdout + spec.stdout


@pytest.mark.usefixtures("examples")
@pytest.mark.parametrize("short", COLUMNS)
def test_kubectl_get_prints_the_promised_columns(short: str, kubectl: Kubectl) -> None:
    table = kubectl("get", short)
    assert table.stdout.splitlines()[0].split() == COLUMNS[short].split()


@pytest.mark.usefixtures("examples")
def test_the_columns_of_a_pool_show_its_status(kubectl: Kubectl) -> None:
    conditions = [{"type": t, "status": s} for t, s in (("Updated", "False"), ("Updating", "True"))]
    status = {
        "configuration": {"name": "rendered-worker-1"},
        "conditions": conditions,
        "machineCount": 3,
        "degradedMachineCount": 0,
    }
    patch = json.dumps({"status": status})
    kubectl("patch", "mcp", "cluster", "--subresource=status", "--type=merge", "--patch", patch)
    row = kubectl("get", "mcp", "cluster", "--no-headers").stdout.split()
    assert row[:7] == ["cluster", "rendered-worker-1", "False", "True", "3", "0", row[6]]


@pytest.mark.usefixtures("examples")
def test_by_default_a_pool_updates_one_node_at_a_time(kubectl: Kubectl) -> None:
    spec = json.loads(kubectl("get", "mcp", "cluster", "-o", "json").stdout)["spec"]
    assert spec == {"maxUnavailable": 1, "paused": False}


@pytest.mark.parametrize("kind", [kind for kind in MODELS if kind != "MachineConfig"])
def test_a_status_is_a_subresource(kind: str) -> None:
    assert definitions()[kind]["spec"]["versions"][0]["subresources"] == {"status": {}}


def test_a_node_has_no_spec_and_a_machine_config_no_status() -> None:
    assert "spec" not in schemas()["MachineConfigNode"]["properties"]
    assert "status" not in schemas()["MachineConfig"]["properties"]
