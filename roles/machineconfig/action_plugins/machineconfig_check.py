"""Has the module find where a node is not as its MachineConfig says."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

from ansible.plugins.loader import action_loader

Result = dict[str, Any]


class ActionModule(action_loader.get("machineconfig", class_only=True)):  # type: ignore[misc]
    """What is read, compared and decided is the same; whether it could be mended is not asked."""

    module = "machineconfig_check"

    def _arguments(self, wanted: Result) -> Result:
        """Digests are enough, and no secret: so no file has to be sent for them."""
        files = [_digested(each) for each in wanted["files"]]
        given = {"manifest": json.dumps({**wanted, "files": files})}
        interval = self._task.args.get("full_read_after")
        return given if interval is None else {**given, "full_read_after": interval}


def _digested(file: Result) -> Result:
    content = base64.b64decode(file["content"])
    rest = {key: value for key, value in file.items() if key != "content"}
    return {**rest, "sha256": hashlib.sha256(content).hexdigest()}
