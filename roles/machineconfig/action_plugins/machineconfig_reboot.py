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
# Seconds after which a node that still responds is asked what the reboot waits for.
_SHUTDOWN_TIMEOUT = 30
_CANCELLED = {
    "cause": "the reboot of the node was ordered, and then cancelled there",
    "remedy": "the next run orders it again; `kubectl mc pause` or the annotation `hold` keeps the "
    "controller from it",
}
_UNKNOWN = {
    "cause": "the reboot of the node was ordered, and it still responds from the same boot",
    "remedy": "see `systemctl list-jobs` on the node; the next run resumes",
}


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
            ordered = self._step(task_vars, check_mode=self._task.check_mode)
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
            AnsibleConnectionFailure: the answer was lost, and nothing was ordered.
        """
        end = time.monotonic() + int(self._task.args.get("timeout", 600))
        while (after := self._next_boot(before, end)) == before:
            shutdown = self._shutdown(before, task_vars)
            if lost and not shutdown:
                raise lost
            if shutdown == {}:
                return _failure(**_CANCELLED)
            if time.monotonic() > end:
                return _failure(**(shutdown or _UNKNOWN))
        if after:
            return {"changed": True, "previous_boot_id": before, "boot_id": after}
        self._is_ordered = True
        texts = self._failure_texts(self._missing(), task_vars)
        return {"failed": True, "changed": True, "login_fails": True, **texts}

    def _shutdown(self, before: str, task_vars: Result | None) -> Result | None:
        """Return the cause and remedy of a shutdown that is pending; None if that is unknown."""
        try:
            answer = self._step(task_vars, check_mode=True)
        except AnsibleConnectionFailure:
            return None
        return answer.get("shutdown") if answer.get("boot_id") == before else None

    def _has_rebooted(self, task_vars: Result) -> bool:
        """Use the order, since this task's result is not in the variables yet."""
        del task_vars
        return self._is_ordered

    def _missing(self) -> LoginProblem:
        cause = "the node did not come back from its reboot in time"
        if self._last_error:
            cause = f"{cause}: {ssh_errors.last_error(self._last_error)}"
        return LoginProblem(cause, "check its console; the next run resumes from here")

    def _step(self, task_vars: Result | None, *, check_mode: bool) -> Result:
        """Order the reboot; in check mode, only find out how far it is."""
        own_mode, self._task.check_mode = self._task.check_mode, check_mode
        try:
            answer: Result = self._execute_module(
                module_name="machineconfig_step",
                module_args={"step": "reboot", "run": self._task.args["run"]},
                task_vars=task_vars,
            )
        finally:
            self._task.check_mode = own_mode
        return answer

    def _next_boot(self, before: str, end: float) -> str:
        """Return the ID of the next boot; an empty string if the node does not respond until `end`.

        It is `before` if the node still responds from that boot after a while.
        """
        start = time.monotonic()
        while True:
            self._connection.reset()
            try:
                after, self._last_error = self._boot_id(), ""
            except AnsibleConnectionFailure as error:
                after, self._last_error = "", str(error)
            now = time.monotonic()
            if after and (after != before or now > min(start + _SHUTDOWN_TIMEOUT, end)):
                return after
            if now > end:
                return ""
            time.sleep(_POLL_INTERVAL)

    def _boot_id(self) -> str:
        answer = self._low_level_execute_command(
            "cat /proc/sys/kernel/random/boot_id", sudoable=False
        )
        # A login profile may print other text before it.
        lines = str(answer["stdout"]).split()
        return lines[-1] if lines and answer["rc"] == 0 else ""


def _failure(cause: str, remedy: str) -> Result:
    """Return a failure after which nothing is rolled back: the next run resumes."""
    failed = {"failed": True, "changed": True, "transient": True, "resumes": True}
    return {**failed, "msg": f"{cause}; {remedy}", "cause": cause, "remedy": remedy}
