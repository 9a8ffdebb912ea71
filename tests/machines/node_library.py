"""Makes the node side of the product available as a library to a test's script on a machine."""

import base64
import io
import json
import zipfile
from pathlib import Path
from typing import Any

from tests.lab import Lab

_MODULES = Path(__file__).parents[2] / "roles/machineconfig/module_utils"
_PROLOGUE = """\
import base64, sys
with open("/run/node-side.zip", "wb") as stream:
    stream.write(base64.b64decode({archive!r}))
sys.path.insert(0, "/run/node-side.zip")
"""


def answer(lab: Lab, node: str, script: str) -> Any:  # noqa: ANN401 - any JSON
    """Return the JSON that a script prints, run as root with `machineconfig_node` importable."""
    prologue = _PROLOGUE.format(archive=_archive())
    return json.loads(lab.ssh(node, "sudo python3 -", stdin=prologue + script))


def _archive() -> str:
    """Return the packages as a zip file, base64-encoded."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for path in sorted(_MODULES.rglob("*.py")):
            archive.write(path, path.relative_to(_MODULES))
    return base64.b64encode(content.getvalue()).decode()
