"""Manifests for tests, as the controller sends them to a node."""

import base64
import os
from pathlib import Path
from typing import Any

from machineconfig_node.enablement import resolving
from machineconfig_node.manifest import desired_state
from machineconfig_node.record.node_record import load

INSTALLED = "[Service]\n[Install]\nWantedBy=multi-user.target\n"


def file(path: Path, content: bytes = b"ours", **members: Any) -> dict[str, Any]:  # noqa: ANN401 - any member of a file
    """Return a file that belongs to the user of the tests."""
    ordinary = {
        "path": str(path),
        "mode": 0o644,
        "user": os.getuid(),
        "group": os.getgid(),
        "content": base64.b64encode(content).decode(),
    }
    return ordinary | members


def unit(name: str, **members: Any) -> dict[str, Any]:  # noqa: ANN401 - any member of a unit
    """Return a unit with only its name."""
    return {"name": name, "enabled": None, "mask": None, "contents": None, "dropins": []} | members


def manifest(
    *files: dict[str, Any],
    units: tuple[dict[str, Any], ...] = (),
    keys: tuple[str, ...] = (),
    config: str = "rendered-worker-a",
) -> dict[str, Any]:
    """Return a manifest for the user `boot`."""
    return {
        "config": config,
        "files": list(files),
        "units": list(units),
        "user": "boot",
        "keys": list(keys),
    }


def enable(disk: Path, name: str, target: str = "multi-user.target") -> None:
    """Create the link by which a target wants a unit."""
    wants = disk / "etc/systemd/system" / f"{target}.wants"
    wants.mkdir(exist_ok=True)
    (wants / name).symlink_to(f"/etc/systemd/system/{name}")


def read(folder: str, given: dict[str, Any]) -> desired_state.DesiredState:
    """Return the desired state of a manifest for the node whose record is in `folder`."""
    return resolving.resolve(desired_state.read(given), load(folder), folder)
