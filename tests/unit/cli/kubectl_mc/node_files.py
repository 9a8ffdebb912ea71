"""Files and units as they are read from a node."""

import base64
import hashlib
from typing import Any, Final

from controller.api.json_object import Json

UNITS: Final = "/etc/systemd/system"
MASK: Final = {"kind": "symlink", "target": "/dev/null", "content": None}


def node_file(path: str, data: bytes = b"now\n", **fields: Any) -> Json:  # noqa: ANN401 - any field
    """Return a regular file."""
    return {
        "path": path,
        "kind": "file",
        "folder": path.rpartition("/")[0] or "/",
        "mode": 0o644,
        "size": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        "content": base64.b64encode(data).decode(),
        **fields,
    }


def missing_file(path: str) -> Json:
    """Return a path at which there is nothing."""
    return {"path": path, "kind": "nothing", "folder": path.rpartition("/")[0]}


def node_unit(enablement: str, text: str | None = None, *dropins: Json, **fields: Any) -> Json:  # noqa: ANN401 - any field
    """Return a.service; without a text it is the distribution's, or there is none."""
    place = f"{UNITS}/a.service"
    fragment = missing_file(place) if text is None else node_file(place, text.encode())
    return {
        "name": "a.service",
        "enablement": enablement,
        "fragment": {**fragment, **fields},
        "dropins": dropins,
    }
