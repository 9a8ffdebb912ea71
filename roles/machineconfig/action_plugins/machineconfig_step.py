"""Runs a module on the node; where it gives no answer, says what is wrong with the login.

A module of ours that fails names a cause. A failure without one means that the module has not run:
then the login is asked without Python and without root, and the tables of `controller.logins` tell
what the answer means.
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
# Steps at which an apply of this run, or of one before, may not be confirmed yet.
_UNCONFIRMED = {"services", "reboot", "confirm"}
# Those of them that do what is owed, and what they leave in the variables of the run.
_OWED = {"services", "reboot"}
_DONE = ("actions_done", "reboot_done")
# Input that ends, for whatever reads it on the node.
_NOTHING = b"\n"
_APPLIES = ("apply_done", "restore_done", "preflight_found", "restore_found")


class ActionModule(ActionBase):
    """One task: what the module answers, or the cause and the remedy of a login that fails."""

    _supports_check_mode = True
    module = "machineconfig_step"

    def run(self, tmp: str | None = None, task_vars: Result | None = None) -> Result:
        """One task."""
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
            # A module that ended well has answered, and the answer was not understood.
            hidden = answer.get("rc") == 0
            answer = {**answer, **self._diagnosed(task_vars, hidden=hidden)}
        return {**result, **answer}

    def _answer(self, task_vars: Result | None) -> Result:
        answer: Result = self._execute_module(module_name=self.module, task_vars=task_vars)
        return answer

    def _step_name(self) -> str:
        return str(self._task.args.get("step", ""))

    def _connect_anew(self) -> None:
        """Share no connection with the tasks before; all else that ssh was told holds."""
        if self._connection.transport == "ssh":
            extra = self._connection.get_option("ssh_extra_args") or ""
            # The last -S beats every other way to name a ControlPath.
            self._connection.set_option("ssh_extra_args", f"{extra} -S none")

    def _explained(self, error: AnsibleError, task_vars: Result | None) -> Result:
        """The result of a task that ended with the error; empty where no cause is known."""
        unreachable = isinstance(error, AnsibleConnectionFailure)
        told = ssh_errors.problem(str(error)) if unreachable else None
        if told:
            return {"unreachable": True, **self._words(told, task_vars)}
        return self._diagnosed(task_vars)

    def _diagnosed(self, task_vars: Result | None, *, hidden: bool = False) -> Result:
        """What a probe of the login finds; empty where it finds nothing.

        What the login prints is a cause only where it has `hidden` an answer.
        """
        python = self._python(task_vars)
        script = probe.script(python)
        try:
            said = self._low_level_execute_command(script, sudoable=False, in_data=_NOTHING)
        except AnsibleConnectionFailure as error:
            told = ssh_errors.problem(str(error)) or ssh_errors.unknown_problem(str(error))
            return {"unreachable": True, **self._words(told, task_vars)}
        user = str(self._get_remote_user() or "USER")
        answer = probe.read(said["stdout"], said["stderr"], user)
        escalation = self._escalation() if answer.answered else ""
        found = diagnosis.diagnose(answer, escalation, python, _PY_MIN)
        if hidden and not found:
            found = diagnosis.hidden_answer(answer)
        if not found:
            return {}
        return {"failed": True, "login_fails": True, **self._words(found, task_vars)}

    def _escalation(self) -> str:
        """How becoming root fails, by this task's own means; empty where it does not."""
        # Without pipelining, Ansible asks for a terminal, and with it has none.
        given = _NOTHING if self._is_pipelining_enabled("new") else None
        try:
            said = self._low_level_execute_command("exit 0", in_data=given)
        except AnsibleConnectionFailure:
            return diagnosis.NO_ANSWER
        except AnsibleError:
            # Of all that may go wrong here, only a password that is not given is no answer.
            return diagnosis.PROMPT
        return str(said["stderr"] or said["stdout"] or "no word of why") if said["rc"] else ""

    def _python(self, task_vars: Result | None) -> str:
        """The interpreter that modules are run by on this node."""
        used = (self._used_interpreter or "").lstrip("#!")
        named = str((task_vars or {}).get("ansible_python_interpreter", ""))
        return used or (named if named.startswith("/") else "/usr/bin/python3")

    def _words(self, trouble: LoginProblem, task_vars: Result | None) -> Result:
        back = self._way_back(task_vars or {})
        remedy = f"{trouble.remedy}; {back}" if back else trouble.remedy
        return {"msg": f"{trouble.cause}; {remedy}", "cause": trouble.cause, "remedy": remedy}

    def _unconfirmed(self, task_vars: Result) -> Result:
        """What is known of the apply that the node goes back from unless it is confirmed."""
        if self._step_name() not in _UNCONFIRMED:
            return {}
        applied: Result = next((task_vars[each] for each in _APPLIES if each in task_vars), {})
        awaits = applied.get("awaits_confirmation") or self._has_asked_for_more(task_vars)
        return {**applied, "awaits_confirmation": True} if awaits else {}

    def _has_asked_for_more(self, task_vars: Result) -> bool:
        """Whether this run began what an apply has left owing, which starts the timer once more."""
        begins = self._step_name() in _OWED and not self._task.check_mode
        return begins or any(task_vars.get(each, {}).get("changed") for each in _DONE)

    def _has_rebooted(self, task_vars: Result) -> bool:
        """Whether the timer counts from another boot than that of the apply."""
        return bool(task_vars.get("reboot_done", {}).get("changed"))

    def _way_back(self, task_vars: Result) -> str:
        """When the node puts the config before back by itself; empty where it does not."""
        applied = self._unconfirmed(task_vars)
        if not applied:
            return ""
        seconds = applied.get("confirm_timeout")
        if not seconds:
            when = "when its timer is up"
        elif self._has_rebooted(task_vars):
            when = f"{seconds} seconds after its boot"
        else:
            moment = datetime.now(timezone.utc) + timedelta(seconds=int(seconds))
            when = f"by {moment:%Y-%m-%d %H:%M:%S} UTC"
        return (
            "or wait: unless the apply is confirmed before, "
            f"the node goes back to its last config by itself {when}"
        )
