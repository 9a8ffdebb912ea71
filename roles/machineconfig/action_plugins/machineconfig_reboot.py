"""Order the pending reboot, and wait until the node responds with another boot ID."""

from __future__ import annotations

import time
from typing import Any

from ansible.errors import AnsibleConnectionFailure
from ansible.plugins.loader import action_loader
from controller.logins import ssh_errors
from controller.logins.login_problem import LoginProblem

Result = dict[str, Any]
_POLL_INTERVAL = 0.2  # seconds
# Seconds for which sshd may continue to respond while the machine shuts down.
_SHUTDOWN_TIMEOUT = 30


class ActionModule(action_loader.get("machineconfig_step", class_only=True)):  # type: ignore[misc]
    """Order the reboot, reset the connection, and poll the boot ID."""

    _last_error = ""
    _is_ordered = False

    def _step_name(self) -> str:
        return "reboot"

    def _answer(self, task_vars: Result | None) -> Result:
        """Return the boot ID before the reboot, if there was one, and the boot ID at the end."""
        before = self._boot_id()
        try:
            ordered = self._order(task_vars)
        except AnsibleConnectionFailure as error:
            if self._task.check_mode:
                raise
            return self._rebooted(before, task_vars, error)
        if ordered.get("failed") or not ordered["changed"] or self._task.check_mode:
            return {**ordered, "previous_boot_id": ""}
        return self._rebooted(before, task_vars)

    def _rebooted(
        self, before: str, task_vars: Result | None, lost: AnsibleConnectionFailure | None = None
    ) -> Result:
        """Return the result of an order; it may have failed if its answer was `lost`.

        Raises:
            AnsibleConnectionFailure: the answer was lost, and the node has not rebooted.
        """
        seconds = int(self._task.args.get("timeout", 600))
        after = self._wait_for_reboot(before, seconds, _SHUTDOWN_TIMEOUT if lost else seconds)
        if lost and after == before:
            raise lost
        if after not in {"", before}:
            return {"changed": True, "previous_boot_id": before, "boot_id": after}
        self._is_ordered = True
        # Else the old boot has answered all the time.
        fails = {"login_fails": True} if not after else {}
        texts = self._failure_texts(self._missing(), task_vars)
        return {"failed": True, "changed": True, **fails, **texts}

    def _has_rebooted(self, task_vars: Result) -> bool:
        """Use the order, since this task's result is not in the variables yet."""
        del task_vars
        return self._is_ordered

    def _missing(self) -> LoginProblem:
        cause = "the node did not come back from its reboot in time"
        if self._last_error:
            cause = f"{cause}: {ssh_errors.last_error(self._last_error)}"
        return LoginProblem(cause, "check its console; the next run resumes from here")

    def _order(self, task_vars: Result | None) -> Result:
        arguments = {"step": "reboot", "run": self._task.args["run"]}
        answer: Result = self._execute_module(
            module_name="machineconfig_step", module_args=arguments, task_vars=task_vars
        )
        return answer

    def _wait_for_reboot(self, before: str, seconds: int, shutdown: int) -> str:
        """Return the boot ID of the next boot, or an empty string after so many `seconds`.

        It is `before` if the node still responds from that boot after `shutdown` seconds.
        """
        start = time.monotonic()
        while (waited := time.monotonic() - start) < seconds:
            self._connection.reset()
            try:
                after, self._last_error = self._boot_id(), ""
            except AnsibleConnectionFailure as error:
                after, self._last_error = "", str(error)
            if after and (after != before or waited > shutdown):
                return after
            time.sleep(_POLL_INTERVAL)
        return ""

    def _boot_id(self) -> str:
        answer = self._low_level_execute_command(
            "cat /proc/sys/kernel/random/boot_id", sudoable=False
        )
        # A login profile may print other text before it.
        lines = str(answer["stdout"]).split()
        return lines[-1] if lines and answer["rc"] == 0 else ""
