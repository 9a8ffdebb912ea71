"""The CRDs for the contract tests: files, schemas, and on a real API server."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import yaml

from controller.api.machine_config import MachineConfig
from controller.api.machine_config_node import MachineConfigNode
from controller.api.machine_config_pool import MachineConfigPool
from controller.api.machine_configuration import MachineConfiguration

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator

    from controller.api.meta import ApiObject

ROOT = Path(__file__).parents[2]
CRDS = ROOT / "crds"
DEPLOY = ROOT / "deploy"

MODELS: dict[str, type[ApiObject]] = {
    "MachineConfig": MachineConfig,
    "MachineConfigPool": MachineConfigPool,
    "MachineConfiguration": MachineConfiguration,
    "MachineConfigNode": MachineConfigNode,
}

Schema = dict[str, Any]


class Kubectl(Protocol):
    """kubectl with an administrator's rights."""

    def __call__(self, *args: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run it to its end, whatever its exit status."""


class ApiServer(Protocol):
    """The interface of the fixture `api_server`."""

    @property
    def kubectl(self) -> Kubectl:
        """Run kubectl as the administrator."""


def install(api_server: ApiServer) -> Kubectl:
    """Install the CRDs on the API server, wait until they are served, and return its kubectl."""
    kubectl = api_server.kubectl
    for command in (
        ("apply", "-f", str(CRDS)),
        ("wait", "--for=condition=Established", "--timeout=30s", "-f", str(CRDS)),
    ):
        done = kubectl(*command)
        assert done.returncode == 0, done.stderr
    return kubectl


@cache
def definitions() -> dict[str, Schema]:
    """Return the CRDs by kind."""
    files = (yaml.safe_load(path.read_text()) for path in sorted(CRDS.glob("*.yaml")))
    return {crd["spec"]["names"]["kind"]: crd for crd in files}


@cache
def schemas() -> dict[str, Schema]:
    """Return the schema of each kind."""
    return {
        kind: crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
        for kind, crd in definitions().items()
    }


def branches(schema: Schema) -> Iterator[tuple[str, Schema]]:
    """Return the parts directly below a part of a schema, with their step in a path."""
    for name, branch in schema.get("properties", {}).items():
        yield f".{name}", branch
    if "items" in schema:
        yield "[]", schema["items"]
    if "additionalProperties" in schema:
        yield "{}", schema["additionalProperties"]


def walk(schema: Schema, path: str = "") -> Iterator[tuple[str, Schema]]:
    """Yield a schema and everything below it with paths, except what Kubernetes defines."""
    yield path, schema
    for step, branch in branches(schema):
        if path + step != ".metadata":
            yield from walk(branch, path + step)
