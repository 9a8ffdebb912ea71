"""Run a module on the node; if it returns nothing, diagnose the login.

The modules of these roles fail with a cause. A failure without one means that the module has not
run: then the login is probed without Python and without root, and `controller.logins` explains the
answer.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from ansible.errors import AnsibleConnectionFailure, AnsibleError
from ansible.module_utils.basic import _PY_MIN
from ansible.plugins.action import ActionBase
from controller.logins import diagnosis, probe, ssh_errors
from controller.logins.login_problem import LoginProblem

Result = dict[str, Any]
# Steps at which an apply of this or an earlier run may not be confirmed yet.
_UNCONFIRMED = {"services", "reboot", "confirm"}
# Those of them that perform pending actions, and the variables with their results.
_ACTIONS = {"services", "reboot"}
_DONE = ("actions_done", "reboot_done")
# Finite input for programs that read it on the node.
_NO_INPUT = b"\n"
_APPLIES = ("apply_done", "restore_done", "preflight_found", "restore_found")


class ActionModule(ActionBase):
    """A task with the module's answer, or the cause and the remedy of a failed login."""

    _supports_check_mode = True
    module = "machineconfig_step"

    def run(self, tmp: str | None = None, task_vars: Result | None = None) -> Result:
        """Perform the task."""
        result = super().run(tmp, task_vars)
        if self._step_name() == "confirm":
            self._connect_anew()
        try:
            answer = self._answer(task_vars)
        except AnsibleError as error:
            found = self._explained(error, task_vars)
            if not found:
                raise
            return {**result, **found}
        if answer.get("failed") and not answer.get("cause"):
            # The module succeeded, so its answer was printed and could not be parsed.
            hidden = answer.get("rc") == 0
            answer = {**answer, **self._diagnosed(task_vars, hidden=hidden)}
        return {**result, **answer}

    def _answer(self, task_vars: Result | None) -> Result:
        answer: Result = self._execute_module(module_name=self.module, task_vars=task_vars)
        return answer

    def _step_name(self) -> str:
        return str(self._task.args.get("step", ""))

    def _connect_anew(self) -> None:
        """Use a new connection with the same ssh options, but without multiplexing."""
        if self._connection.transport == "ssh":
            extra = self._connection.get_option("ssh_extra_args") or ""
            # The last -S beats every other way to name a ControlPath.
            self._connection.set_option("ssh_extra_args", f"{extra} -S none")

    def _explained(self, error: AnsibleError, task_vars: Result | None) -> Result:
        """Return the result of a task that ended with the error; empty if no cause is known."""
        unreachable = isinstance(error, AnsibleConnectionFailure)
        problem = ssh_errors.problem(str(error)) if unreachable else None
        if problem:
            return {"unreachable": True, **self._failure_texts(problem, task_vars)}
        return self._diagnosed(task_vars)

    def _diagnosed(self, task_vars: Result | None, *, hidden: bool = False) -> Result:
        """Return the findings of a login probe; empty if there are none.

        Text that the login prints is a cause only if it has `hidden` an answer.
        """
        python = self._python(task_vars)
        script = probe.script(python)
        try:
            printed = self._low_level_execute_command(script, sudoable=False, in_data=_NO_INPUT)
        except AnsibleConnectionFailure as error:
            problem = ssh_errors.problem(str(error)) or ssh_errors.unknown_problem(str(error))
            return {"unreachable": True, **self._failure_texts(problem, task_vars)}
        user = str(self._get_remote_user() or "USER")
        answer = probe.read(printed["stdout"], printed["stderr"], user)
        escalation = self._escalation() if answer.answered else ""
        found = diagnosis.diagnose(answer, escalation, python, _PY_MIN)
        if hidden and not found:
            found = diagnosis.hidden_answer(answer)
        if not found:
            return {}
        return {"failed": True, "login_fails": True, **self._failure_texts(found, task_vars)}

    def _escalation(self) -> str:
        """Return why becoming root fails with this task's options; empty if it succeeds."""
        # Without pipelining, Ansible requests a terminal.
        given = _NO_INPUT if self._is_pipelining_enabled("new") else None
        try:
            printed = self._low_level_execute_command("exit 0", in_data=given)
        except AnsibleConnectionFailure:
            return diagnosis.NO_ANSWER
        except AnsibleError:
            # Of the possible errors, only a missing password is not an answer.
            return diagnosis.PROMPT
        reason = str(printed["stderr"] or printed["stdout"] or "no reason given")
        return reason if printed["rc"] else ""

    def _python(self, task_vars: Result | None) -> str:
        """Return the interpreter that runs modules on this node."""
        used = (self._used_interpreter or "").lstrip("#!")
        named = str((task_vars or {}).get("ansible_python_interpreter", ""))
        return used or (named if named.startswith("/") else "/usr/bin/python3")

    def _failure_texts(self, problem: LoginProblem, task_vars: Result | None) -> Result:
        rollback = self._rollback_hint(task_vars or {})
        remedy = f"{problem.remedy}; {rollback}" if rollback else problem.remedy
        return {"msg": f"{problem.cause}; {remedy}", "cause": problem.cause, "remedy": remedy}

    def _unconfirmed(self, task_vars: Result) -> Result:
        """Return the apply that the watchdog rolls back unless it is confirmed; else empty."""
        if self._step_name() not in _UNCONFIRMED:
            return {}
        applied: Result = next((task_vars[each] for each in _APPLIES if each in task_vars), {})
        awaits = applied.get("awaits_confirmation") or self._has_rearmed(task_vars)
        return {**applied, "awaits_confirmation": True} if awaits else {}

    def _has_rearmed(self, task_vars: Result) -> bool:
        """Return whether this run has begun a pending action, which arms the watchdog again."""
        begins = self._step_name() in _ACTIONS and not self._task.check_mode
        return begins or any(task_vars.get(each, {}).get("changed") for each in _DONE)

    def _has_rebooted(self, task_vars: Result) -> bool:
        """Return whether the watchdog counts from a boot after the apply."""
        return bool(task_vars.get("reboot_done", {}).get("changed"))

    def _rollback_hint(self, task_vars: Result) -> str:
        """Return when the watchdog rolls back the apply; empty if it does not."""
        applied = self._unconfirmed(task_vars)
        if not applied:
            return ""
        seconds = applied.get("confirm_timeout")
        if not seconds:
            when = "when its watchdog expires"
        elif self._has_rebooted(task_vars):
            when = f"{seconds} seconds after its boot"
        else:
            moment = datetime.now(timezone.utc) + timedelta(seconds=int(seconds))
            when = f"by {moment:%Y-%m-%d %H:%M:%S} UTC"
        return (
            "or wait: unless the apply is confirmed before, "
            f"the node rolls back to its last config by itself {when}"
        )
