"""Orders the reboot that the record owes, and waits until the node answers from another boot."""

from __future__ import annotations

import time
from typing import Any

from ansible.errors import AnsibleConnectionFailure
from ansible.plugins.loader import action_loader
from controller.logins import ssh_errors
from controller.logins.login_problem import LoginProblem

Result = dict[str, Any]
_PAUSE = 0.2  # seconds between looks at a machine that is on its way
# Seconds for which sshd may go on answering while the machine goes down.
_PATIENCE = 30


class ActionModule(action_loader.get("machineconfig_step", class_only=True)):  # type: ignore[misc]
    """Order, reset the connection, poll the boot ID."""

    _last_words = ""
    _is_ordered = False

    def _step_name(self) -> str:
        return "reboot"

    def _answer(self, task_vars: Result | None) -> Result:
        """The boot before, where there was one to end, and the boot at the end."""
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
        """The result of an order, which was given unless its answer was `lost`.

        Raises:
            AnsibleConnectionFailure: the answer was lost, and the node goes on in the boot before.
        """
        seconds = int(self._task.args.get("timeout", 600))
        after = self._wait_for_another_than(before, seconds, _PATIENCE if lost else seconds)
        if lost and after == before:
            raise lost
        if after not in {"", before}:
            return {"changed": True, "previous_boot_id": before, "boot_id": after}
        self._is_ordered = True
        return {"failed": True, "changed": True, **self._words(self._absence(), task_vars)}

    def _has_rebooted(self, task_vars: Result) -> bool:
        """The task's own result is not among the variables yet."""
        del task_vars
        return self._is_ordered

    def _absence(self) -> LoginProblem:
        cause = "the node has not come back from its reboot in time"
        if self._last_words:
            cause = f"{cause}: {ssh_errors.last_error(self._last_words)}"
        return LoginProblem(cause, "look at its console; the next run goes on from here")

    def _order(self, task_vars: Result | None) -> Result:
        arguments = {"step": "reboot", "run": self._task.args["run"]}
        answer: Result = self._execute_module(
            module_name="machineconfig_step", module_args=arguments, task_vars=task_vars
        )
        return answer

    def _wait_for_another_than(self, before: str, seconds: int, patience: int) -> str:
        """The boot ID of another boot, or empty where none came in so many `seconds`.

        It is `before` where the node still answers from that boot when its `patience` is over.
        """
        start = time.monotonic()
        while (waited := time.monotonic() - start) < seconds:
            self._connection.reset()
            try:
                after, self._last_words = self._boot_id(), ""
            except AnsibleConnectionFailure as error:
                after, self._last_words = "", str(error)
            if after and (after != before or waited > patience):
                return after
            time.sleep(_PAUSE)
        return ""

    def _boot_id(self) -> str:
        answer = self._low_level_execute_command(
            "cat /proc/sys/kernel/random/boot_id", sudoable=False
        )
        # A noisy profile comes before it, and may say something else each time.
        lines = str(answer["stdout"]).split()
        return lines[-1] if lines and answer["rc"] == 0 else ""
