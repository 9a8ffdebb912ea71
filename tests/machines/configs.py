"""Ignition configs and policies as a test writes them."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

Json = dict[str, Any]


def file(path: str, text: str, mode: int = 0o644) -> Json:
    """A file."""
    return {"path": path, "mode": mode, "contents": {"source": f"data:,{quote(text)}"}}


def ignition(*files: Json, units: tuple[Json, ...] = ()) -> Json:
    """A plain Ignition config."""
    return {
        "ignition": {"version": "3.4.0"},
        "storage": {"files": list(files)},
        "systemd": {"units": list(units)},
    }


def restart(unit: str) -> Json:
    """The action."""
    return {"type": "Restart", "restart": {"serviceName": unit}}


def policy(path: str, *actions: Json) -> Json:
    """What changes of a file, or below a folder, ask for."""
    return {
        "apiVersion": "machineconfiguration.alauda.io/v1alpha1",
        "kind": "MachineConfiguration",
        "metadata": {"name": "cluster"},
        "spec": {"nodeDisruptionPolicy": {"files": [{"path": path, "actions": list(actions)}]}},
    }


def written(content: Json, path: Path) -> Path:
    """The file that holds it."""
    path.write_text(json.dumps(content))
    return path
