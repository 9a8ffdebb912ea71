"""Orders the reboot that the record owes, and waits until the node answers from another boot."""

from __future__ import annotations

import time
from typing import Any

from ansible.errors import AnsibleConnectionFailure
from ansible.plugins.action import ActionBase

Result = dict[str, Any]
_PAUSE = 0.2  # seconds between looks at a machine that is on its way


class ActionModule(ActionBase):
    """Order, reset the connection, poll the boot ID."""

    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: Result | None = None) -> Result:
        """One task: the boot before, where there was one to end, and the boot at the end."""
        result = super().run(tmp, task_vars)
        before = self._boot_id()
        ordered = self._order(task_vars)
        if ordered.get("failed") or not ordered["changed"] or self._task.check_mode:
            return {**result, **ordered, "previous_boot_id": ""}
        after = self._wait_for_another_than(before, int(self._task.args.get("timeout", 600)))
        if after:
            return {**result, "changed": True, "previous_boot_id": before, "boot_id": after}
        cause = "the node has not come back from its reboot in time"
        remedy = "look at its console; the next run goes on from here"
        return {**result, "failed": True, "msg": cause, "cause": cause, "remedy": remedy}

    def _order(self, task_vars: Result | None) -> Result:
        arguments = {"step": "reboot", "run": self._task.args["run"]}
        try:
            answer: Result = self._execute_module(
                module_name="machineconfig_step", module_args=arguments, task_vars=task_vars
            )
        except AnsibleConnectionFailure:
            # The machine went down before it could answer: only another boot ID proves it.
            return {"changed": True}
        return answer

    def _wait_for_another_than(self, before: str, seconds: int) -> str:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self._connection.reset()
            try:
                after = self._boot_id()
            except AnsibleConnectionFailure:
                after = ""
            if after not in {"", before}:
                return after
            time.sleep(_PAUSE)
        return ""

    def _boot_id(self) -> str:
        answer = self._low_level_execute_command(
            "cat /proc/sys/kernel/random/boot_id", sudoable=False
        )
        return str(answer["stdout"]).strip() if answer["rc"] == 0 else ""
