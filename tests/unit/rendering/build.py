"""Pools and MachineConfigs for tests, with overrides."""

import base64
import gzip
from typing import Any

from controller.api.machine_config import MachineConfig
from controller.api.machine_config_pool import MachineConfigPool
from controller.api.names import ROLE_LABEL


def pool(name: str = "worker", **spec: Any) -> MachineConfigPool:  # noqa: ANN401 - any field of a spec
    """Return a pool that selects the nodes labelled, and the MachineConfigs of the role, `name`.

    The pool `worker` selects every node without the label `special`.
    """
    if name == "worker":
        nodes: list[dict[str, Any]] = [{"key": "special", "operator": "DoesNotExist"}]
    else:
        nodes = [{"key": name, "operator": "Exists"}]
    ordinary = {
        "nodeSelector": {"matchExpressions": nodes},
        "machineConfigSelector": {"matchLabels": {ROLE_LABEL: name}},
    }
    return MachineConfigPool.model_validate({"metadata": {"name": name}, "spec": ordinary | spec})


def machine_config(name: str, role: str = "worker", **sections: Any) -> MachineConfig:  # noqa: ANN401 - any section of a config
    """Return a MachineConfig of the role with these sections of an Ignition config."""
    return MachineConfig.model_validate(
        {
            "metadata": {"name": name, "labels": {ROLE_LABEL: role}},
            "spec": {"config": {"ignition": {"version": "3.4.0"}} | sections},
        }
    )


def files(*files: dict[str, Any]) -> dict[str, Any]:
    """Return the section of these files."""
    return {"storage": {"files": list(files)}}


def units(*units: dict[str, Any]) -> dict[str, Any]:
    """Return the section of these units."""
    return {"systemd": {"units": list(units)}}


def keys(*keys: str, user: str = "boot") -> dict[str, Any]:
    """Return the section of a user's SSH keys."""
    return {"passwd": {"users": [{"name": user, "sshAuthorizedKeys": list(keys)}]}}


def in_base64(data: bytes) -> str:
    """Return a `data:` URL of these bytes."""
    return f"data:;base64,{base64.b64encode(data).decode()}"


def gzipped(data: bytes) -> dict[str, Any]:
    """Return contents of these bytes, compressed."""
    return {"source": in_base64(gzip.compress(data, mtime=0)), "compression": "gzip"}
