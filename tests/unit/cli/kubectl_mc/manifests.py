"""Manifests for tests, and the result of a command."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from controller.api.json_object import Json
from controller.api.names import API_VERSION, ROLE_LABEL


@dataclass(frozen=True)
class Result:
    """The exit code and the output of a command."""

    code: int
    raw: bytes
    stderr: str

    @property
    def stdout(self) -> str:
        """Its standard output as text."""
        return self.raw.decode()

    @property
    def json(self) -> Any:  # noqa: ANN401 - any JSON
        """Its standard output as JSON."""
        return json.loads(self.raw)

    @property
    def yaml(self) -> Any:  # noqa: ANN401 - any YAML
        """Its standard output as YAML."""
        return yaml.safe_load(self.raw)


def machine_config(name: str = "50-a", role: str = "worker", **sections: Any) -> Json:  # noqa: ANN401 - any section
    """Return a MachineConfig with these sections of an Ignition config."""
    return {
        "apiVersion": API_VERSION,
        "kind": "MachineConfig",
        "metadata": {"name": name, "labels": {ROLE_LABEL: role}},
        "spec": {"config": {"ignition": {"version": "3.4.0"}, **sections}},
    }


def a_file(path: str = "/etc/a", source: str = "data:,a%0A", **members: Any) -> Json:  # noqa: ANN401 - any member
    """Return the section of one file."""
    return {"storage": {"files": [{"path": path, "contents": {"source": source}, **members}]}}


def a_unit(name: str = "a.service", text: str = "[Service]\nExecStart=/bin/true\n") -> Json:
    """Return the section of one unit."""
    return {"systemd": {"units": [{"name": name, "contents": text}]}}


def a_key(key: str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBBBB a") -> Json:
    """Return the section of one key of the boot user."""
    return {"passwd": {"users": [{"name": "boot", "sshAuthorizedKeys": [key]}]}}


def pool(name: str) -> Json:
    """Return a custom pool."""
    return {
        "apiVersion": API_VERSION,
        "kind": "MachineConfigPool",
        "metadata": {"name": name},
        "spec": {
            "machineConfigSelector": {"matchLabels": {ROLE_LABEL: name}},
            "nodeSelector": {"matchLabels": {f"node-role.kubernetes.io/{name}": ""}},
        },
    }


def restart_policy(path: str, service: str) -> Json:
    """Return a policy that restarts a service when a path, or a path below it, changes."""
    actions = [{"type": "Restart", "restart": {"serviceName": service}}]
    return {
        "apiVersion": API_VERSION,
        "kind": "MachineConfiguration",
        "metadata": {"name": "cluster"},
        "spec": {"nodeDisruptionPolicy": {"files": [{"path": path, "actions": actions}]}},
    }


def write(file: Path | str, *documents: Json) -> str:
    """Write the documents to a file, and return its path."""
    path = Path(file)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump_all(documents))
    return str(file)
