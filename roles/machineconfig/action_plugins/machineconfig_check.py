"""Find differences between a node and its MachineConfig."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

from ansible.plugins.loader import action_loader

Result = dict[str, Any]


class ActionModule(action_loader.get("machineconfig", class_only=True)):  # type: ignore[misc]
    """Compare like an apply in check mode, without validating that it could be applied."""

    def _compare_arguments(self) -> Result:
        given = self._task.args
        return {key: given[key] for key in ("full_read_after",) if key in given}

    def _step(self, arguments: Result, task_vars: Result | None, *, check_mode: bool) -> Result:
        """Send digests instead of contents: they are small and contain no secrets."""
        del check_mode
        files = [_digested(each) for each in self._target["files"]]
        manifest = json.dumps({**self._target, "files": files})
        found: Result = self._execute_module(
            module_name="machineconfig_check",
            module_args={"manifest": manifest, **arguments},
            task_vars=task_vars,
        )
        return found


def _digested(file: Result) -> Result:
    content = base64.b64decode(file["content"])
    rest = {key: value for key, value in file.items() if key != "content"}
    return {**rest, "sha256": hashlib.sha256(content).hexdigest()}
