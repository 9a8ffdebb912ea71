"""Finds where a node is not as its MachineConfig says."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

from ansible.plugins.loader import action_loader

Result = dict[str, Any]


class ActionModule(action_loader.get("machineconfig", class_only=True)):  # type: ignore[misc]
    """What is read and decided is the same; whether it could be mended is not asked."""

    def _looking(self) -> Result:
        given = self._task.args
        return {key: given[key] for key in ("full_read_after",) if key in given}

    def _step(self, arguments: Result, task_vars: Result | None, *, check_mode: bool) -> Result:
        """Digests are enough, and no secret: so no file has to be sent for them."""
        del check_mode
        files = [_digested(each) for each in self._wanted["files"]]
        manifest = json.dumps({**self._wanted, "files": files})
        looked: Result = self._execute_module(
            module_name="machineconfig_check",
            module_args={"manifest": manifest, **arguments},
            task_vars=task_vars,
        )
        return looked


def _digested(file: Result) -> Result:
    content = base64.b64decode(file["content"])
    rest = {key: value for key, value in file.items() if key != "content"}
    return {**rest, "sha256": hashlib.sha256(content).hexdigest()}
