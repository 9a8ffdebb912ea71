"""Run kubectl on the control node, without the cost of a module on a delegated host."""

from __future__ import annotations

import subprocess
from typing import Any

from ansible.plugins.action import ActionBase

Result = dict[str, Any]
_NOT_FOUND = 127


class ActionModule(ActionBase):
    """A task that runs kubectl once."""

    _supports_check_mode = True
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: Result | None = None) -> Result:
        """Return what kubectl printed; the task fails unless its exit status is 0."""
        result = super().run(tmp, task_vars)
        changes = bool(self._task.args.get("changes", False))
        command = ["kubectl", *map(str, self._task.args["argv"])]
        if changes and self._task.check_mode:
            return {**result, "changed": True, "rc": 0, "stdout": "", "stderr": ""}
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False)
        except FileNotFoundError:
            error = "kubectl is not on the PATH"
            return {**result, "failed": True, "rc": _NOT_FOUND, "stdout": "", "stderr": error}
        answer = {"rc": done.returncode, "stdout": done.stdout.strip(), "stderr": done.stderr}
        failed = done.returncode != 0
        message = done.stderr.strip() if failed else ""
        return {**result, **answer, "changed": changes, "failed": failed, "msg": message}
