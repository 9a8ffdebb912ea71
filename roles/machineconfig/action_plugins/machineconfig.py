"""Read the MachineConfig and the policy on the control node, and compare or change the node.

User content reaches the node as one module argument, which is never logged, over standard input:
never as a file, which a killed run would leave behind, and never as a variable, which Jinja would
evaluate.
"""

from __future__ import annotations

import json
from typing import Any

from ansible.plugins.loader import action_loader
from controller.api.machine_configuration import Action, ActionType, MachineConfiguration
from controller.api.names import FORCE_FILE
from controller.manifests.reader import read_one
from controller.planning.disruption import Difference, Disruption, disruption, effective_policy
from controller.rendering.node_manifest import manifest

Result = dict[str, Any]
_ATTEMPTS = 5
_UNSENT = (
    "the MachineConfig would be written to a temporary file on the node, since this connection "
    "cannot send modules over standard input"
)
_USE_PIPELINING = "connect by ssh, become root by sudo, and unset ANSIBLE_KEEP_REMOTE_FILES"
_FIX_BOOT = (
    "find what changes it when the node boots, and fix it there or in the MachineConfig; "
    "retries only verify, and `kubectl mc recover NODE`, or by hand -e machineconfig_again=true, "
    "applies it once more"
)
_RUN_AGAIN = (
    "find out why no login succeeded after the apply, or why the run took so long; "
    "then run the update again, with a higher apply_confirm_timeout where it was slow"
)


class ActionModule(action_loader.get("machineconfig_step", class_only=True)):  # type: ignore[misc]
    """Compare the node, decide which actions are required, and apply unless in check mode."""

    _supports_diff = True
    step = "apply"
    _target: Result | None = None
    _has_applied = False

    def _answer(self, task_vars: Result | None) -> Result:
        """Return the node's differences and actions, and whether it was changed."""
        try:
            target = manifest(_read(self._task.args["config"]), self._task.args["user"])
            policy = self._policy()
        except (OSError, ValueError, KeyError, TypeError) as error:
            return _failure(str(error))
        self._target = target
        if not self._sends_over_stdin():
            return _failure(_UNSENT, remedy=_USE_PIPELINING)
        return self._compare_and_apply(self._compare_arguments(), policy, task_vars)

    def _compare_arguments(self) -> Result:
        """Return the arguments by which the step compares the node."""
        args = self._task.args
        retry = {"again": bool(args.get("again", False)), "attempt": str(args.get("attempt", ""))}
        # An apply validates under its own lock, so the comparison before it need not.
        return {**retry, "prove": self._task.check_mode and bool(args.get("prove", True))}

    def _policy(self) -> MachineConfiguration | None:
        path = self._task.args.get("policy")
        return MachineConfiguration.model_validate(_read(path)) if path else None

    def _compare_and_apply(
        self, arguments: Result, policy: MachineConfiguration | None, task_vars: Result | None
    ) -> Result:
        found = None if self._task.check_mode else self._task.args.get("found")
        compared = found or self._step(arguments, task_vars, check_mode=True)
        for _ in range(_ATTEMPTS):
            if compared.get("failed"):
                return {**compared, **_locked_out(compared, task_vars or {})}
            required = _required(compared, policy)
            plan = _plan(compared, required)
            again = _would_fail_again(compared, required, drain=plan["drain"])
            if cause := again or _cannot_reboot(compared, plan):
                return {**compared, **plan, **cause}
            if self._task.check_mode:
                return {**compared, **plan, **self._difference(compared)}
            unplanned = self._unplanned(plan["actions"])
            if unplanned:
                cause = f"the node has changed since preflight: {unplanned} is now required"
                return {**compared, **plan, **_failure(cause)}
            applied = self._apply(arguments, required, compared, task_vars)
            # Else nothing was applied: the node has changed since the decision.
            if applied.get("fingerprint") == compared["fingerprint"]:
                return {**plan, **applied}
            compared = applied
        return {**compared, **_failure("the managed objects keep changing")}

    def _apply(
        self, arguments: Result, required: Disruption, compared: Result, task_vars: Result | None
    ) -> Result:
        decided = {
            "run": self._task.args["run"],
            "actions": _pending(required),
            "fingerprint": compared["fingerprint"],
            # As found by the comparison for which the node was drained.
            "forced": compared.get("forced", False),
            "confirm_timeout": self._task.args["confirm_timeout"],
        }
        self._has_applied = True
        done = self._step({**arguments, **decided}, task_vars, check_mode=False)
        return {**done, "confirm_timeout": decided["confirm_timeout"]}

    def _unconfirmed(self, task_vars: Result) -> Result:
        """Return the timeout of an apply that may have completed although its answer was lost."""
        del task_vars
        seconds = self._task.args.get("confirm_timeout")
        return {"confirm_timeout": seconds} if self._has_applied else {}

    def _difference(self, compared: Result) -> Result:
        """Return a failure if the node still differs after the apply."""
        if not self._task.args.get("demanded") or not compared["differences"]:
            return {}
        if compared.get("rolled_back"):
            return _failure(compared["rolled_back"], remedy=_RUN_AGAIN)
        named = ", ".join(map(_named, compared["differences"]))
        cause = f"these still differ after the apply: {named}"
        remedy = _FIX_BOOT if compared["rebooted"] else "change the MachineConfig"
        return _failure(cause, remedy=remedy)

    def _unplanned(self, actions: list[Result]) -> str:
        """Return the disruptive actions that the node was not cordoned and drained for."""
        planned = self._task.args.get("planned")
        disruptive = {ActionType.REBOOT, ActionType.DRAIN}
        types = {each["type"] for each in actions} & disruptive
        return "" if planned is None or disruptive & set(planned) else ", ".join(sorted(types))

    def _step(
        self, arguments: Result, task_vars: Result | None, *, check_mode: bool
    ) -> dict[str, Any]:
        own_mode, self._task.check_mode = self._task.check_mode, check_mode
        try:
            done: Result = self._execute_module(
                module_name="machineconfig_step",
                module_args={"step": self.step, **self._sent(), **arguments},
                task_vars=task_vars,
            )
        finally:
            self._task.check_mode = own_mode
        return done

    def _sent(self) -> Result:
        """Return the manifest as an argument of a step."""
        return {} if self._target is None else {"manifest": json.dumps(self._target)}

    def _sends_over_stdin(self) -> bool:
        """Enable pipelining whatever the settings are, and return whether that is possible.

        Without it Ansible writes modules to a file on the node, with their arguments.
        """
        self._connection.set_option("pipelining", True)  # noqa: FBT003 - its API
        return bool(self._connection.is_pipelining_enabled())


def _locked_out(compared: Result, task_vars: Result) -> Result:
    """Return whether this run polled the node, and was not let in until the rollback."""
    reboot = task_vars.get("reboot_done", {})
    waited = compared.get("unconfirmed") and reboot.get("previous_boot_id")
    return {"locked_out": True} if waited and reboot["boot_id"] != compared["boot_id"] else {}


def _failure(cause: str, **more: object) -> Result:
    return {"failed": True, "msg": cause, "cause": cause, **more}


def _read(path: str) -> Result:
    """Return the single object in a file, read as kubectl reads it."""
    with open(path, "rb") as stream:
        return read_one(path, stream.read())


def _required(compared: Result, policy: MachineConfiguration | None) -> Disruption:
    """Return the actions that the policy requires for the differences, or the force file does."""
    if compared["only_verifies"]:
        return Disruption((), ("it was applied and booted; only the verification is missing",))
    required = disruption(_differences(compared), effective_policy(policy))
    if not compared.get("forced"):
        return required
    reason = f"{ActionType.REBOOT}: the force file {FORCE_FILE} exists"
    return Disruption((Action(type=ActionType.REBOOT),), (reason, *required.reasons))


def _named(difference: Result) -> str:
    name = difference["path"] or difference["name"]
    return f"{name} ({difference['detail'] or difference['what']})"


def _would_fail_again(compared: Result, required: Disruption, *, drain: bool) -> Result:
    """Return the failure of a retry that would drain the node only to fail in the same way."""
    before = compared["failed_before"]
    # Actions that are pending since an earlier run are performed in any case.
    alike = bool(before) and before["actions"] == _pending(required) and not compared["outstanding"]
    if not drain or not alike:
        return {}
    cause = f"this has failed here before, and nothing has changed since: {before['cause']}"
    remedy = (
        "change the MachineConfig or its policy; or fix the node, and apply it once more: "
        "`kubectl mc recover NODE`, or by hand -e machineconfig_again=true"
    )
    return _failure(cause, remedy=remedy, as_before=bool(before["as_before"]))


def _cannot_reboot(compared: Result, plan: Result) -> Result:
    """Return the failure of an update for which the node cannot be rebooted now, or at all."""
    reason = compared.get("no_reboot") if plan["reboot"] else None
    return _failure(**reason) if reason else {}


def _pending(required: Disruption) -> list[Result]:
    """Return the actions that follow an apply; a drain precedes it."""
    return [each for each in _plain(required.actions) if each["type"] != ActionType.DRAIN]


def _differences(compared: Result) -> list[Difference]:
    both = [*compared["differences"], *compared["owed_differences"]]
    return [Difference(each["kind"], each["name"]) for each in both]


def _plan(compared: Result, required: Disruption) -> Result:
    """Return the actions that will be pending: those now required, and those still outstanding."""
    actions = _plain(required.actions)
    actions += [each for each in compared["outstanding"] if each not in actions]
    types = {each["type"] for each in actions}
    reboot = ActionType.REBOOT in types
    return {
        "actions": actions,
        "reasons": list(required.reasons),
        "drain": bool(types & {ActionType.REBOOT, ActionType.DRAIN}),
        # In check mode the later phases depend on this alone.
        "reboot": reboot,
        "services": bool(types - {ActionType.DRAIN}) and not reboot,
    }


def _plain(actions: tuple[Action, ...]) -> list[Result]:
    return [each.to_api() for each in actions]
