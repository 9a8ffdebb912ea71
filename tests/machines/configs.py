"""Ignition configs and policies for tests."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

Json = dict[str, Any]

# A policy by which files need nothing, and units no reboot.
QUIET: Json = {
    "apiVersion": "machineconfiguration.alauda.io/v1alpha1",
    "kind": "MachineConfiguration",
    "metadata": {"name": "cluster"},
    "spec": {
        "defaultNodeDisruptionPolicySpecAction": {
            "files": [{"type": "None"}],
            "units": [{"type": "DaemonReload"}],
        }
    },
}


def file(path: str, text: str, mode: int = 0o644) -> Json:
    """Return a file with this text."""
    return {"path": path, "mode": mode, "contents": {"source": f"data:,{quote(text)}"}}


def ignition(*files: Json, units: tuple[Json, ...] = ()) -> Json:
    """Return a plain Ignition config."""
    return {
        "ignition": {"version": "3.4.0"},
        "storage": {"files": list(files)},
        "systemd": {"units": list(units)},
    }


def restart(unit: str) -> Json:
    """Return the action that restarts a unit."""
    return {"type": "Restart", "restart": {"serviceName": unit}}


def policy(path: str, *actions: Json) -> Json:
    """Return a policy with these actions for a file, or for all files below a directory."""
    return {
        "apiVersion": "machineconfiguration.alauda.io/v1alpha1",
        "kind": "MachineConfiguration",
        "metadata": {"name": "cluster"},
        "spec": {"nodeDisruptionPolicy": {"files": [{"path": path, "actions": list(actions)}]}},
    }


def worker_config(name: str, config: Json) -> Json:
    """Return a MachineConfig that the pool `worker` selects."""
    return {
        "apiVersion": "machineconfiguration.alauda.io/v1alpha1",
        "kind": "MachineConfig",
        "metadata": {"name": name, "labels": {"machineconfiguration.alauda.io/role": "worker"}},
        "spec": {"config": config},
    }


def written(content: Json, path: Path) -> Path:
    """Write the object to a file, and return its path."""
    path.write_text(json.dumps(content))
    return path
