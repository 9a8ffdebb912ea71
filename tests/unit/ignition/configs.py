"""Configs for tests: a valid one with some members added."""

import json
from typing import Any


def config(**members: Any) -> bytes:  # noqa: ANN401 - any JSON, wrong types included
    """Return the bytes of a config of version 3.4.0 with these members."""
    return json.dumps({"ignition": {"version": "3.4.0"}} | members).encode()


def storage(**lists: Any) -> bytes:  # noqa: ANN401 - as above
    """Return the bytes of a config with this storage."""
    return config(storage=lists)


def file(**members: Any) -> bytes:  # noqa: ANN401 - as above
    """Return the bytes of a config with one file, /f."""
    return storage(files=[{"path": "/f"} | members])


def source(url: str | None, **members: Any) -> bytes:  # noqa: ANN401 - as above
    """Return the bytes of a config with one file from this source."""
    return file(contents={"source": url} | members)


def units(*units: dict[str, Any]) -> bytes:
    """Return the bytes of a config with these units."""
    return config(systemd={"units": units})


def ignition(**members: Any) -> bytes:  # noqa: ANN401 - as above
    """Return the bytes of a config with these members of its `ignition` section."""
    return config(ignition={"version": "3.4.0"} | members)
