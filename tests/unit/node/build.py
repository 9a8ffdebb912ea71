"""Manifests for tests: what the controller decodes for a node."""

import base64
import os
from pathlib import Path
from typing import Any


def file(path: Path, content: bytes = b"ours", **members: Any) -> dict[str, Any]:  # noqa: ANN401 - any member of a file
    """Return a file that belongs to whoever runs the tests."""
    ordinary = {
        "path": str(path),
        "mode": 0o644,
        "user": os.getuid(),
        "group": os.getgid(),
        "content": base64.b64encode(content).decode(),
    }
    return ordinary | members


def unit(name: str, **members: Any) -> dict[str, Any]:  # noqa: ANN401 - any member of a unit
    """Return a unit that says nothing but its name."""
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
