"""Reads the MachineConfig and the policy here, and has the node compared or changed by the module.

What users write reaches the node as one argument of the module that is never logged, over standard
input: never as a file, which a killed run would leave there, and never as a variable, which Jinja
would evaluate.
"""

from __future__ import annotations

import json
from typing import Any

from ansible.plugins.loader import action_loader
from controller.api.machine_configuration import Action, ActionType, MachineConfiguration
from controller.api.names import FORCE_FILE
from controller.manifests.reader import read_one
from controller.planning.disruption import Difference, Disruption, disruption, policies
from controller.rendering.node_manifest import manifest

Result = dict[str, Any]
_ATTEMPTS = 5
_UNSENT = (
    "the MachineConfig would be written to a temporary file on the node, since here modules cannot "
    "be sent over standard input"
)
_NO_PIPELINING = {
    "failed": True,
    "msg": _UNSENT,
    "cause": _UNSENT,
    "remedy": "connect by ssh, become root by sudo, and unset ANSIBLE_KEEP_REMOTE_FILES",
}
_PUT_RIGHT = (
    "find what changes it when the node boots, and put it right there or in the MachineConfig; "
    "retries only verify, and `kubectl mc recover NODE`, or by hand -e machineconfig_again=true, "
    "applies it once more"
)


class ActionModule(action_loader.get("machineconfig_step", class_only=True)):  # type: ignore[misc]
    """Compare, decide what the change asks for, and unless in check mode apply."""

    _supports_diff = True
    step = "apply"
    _wanted: Result | None = None
    _applies = False

    def _answer(self, task_vars: Result | None) -> Result:
        """The node's differences and actions, and whether it was changed."""
        try:
            wanted = manifest(_read(self._task.args["config"]), self._task.args["user"])
            policy = self._policy()
        except (OSError, ValueError, KeyError, TypeError) as error:
            return {"failed": True, "msg": str(error), "cause": str(error)}
        self._wanted = wanted
        if not self._sends_over_stdin():
            return dict(_NO_PIPELINING)
        return self._compare_and_apply(self._looking(), policy, task_vars)

    def _looking(self) -> Result:
        """How the step is to look at the node."""
        args = self._task.args
        retry = {"again": bool(args.get("again", False)), "attempt": str(args.get("attempt", ""))}
        # An apply proves under its own lock, so it does not need that of the comparison before it.
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
                return compared
            asked = _asked(compared, policy)
            plan = _plan(compared, asked)
            if cause := _would_fail_again(compared, asked, drain=plan["drain"]):
                return {**compared, **plan, **cause}
            if self._task.check_mode:
                return {**compared, **plan, **self._difference(compared)}
            unplanned = self._unplanned(plan["actions"])
            if unplanned:
                cause = (
                    f"the node changed since preflight: it now asks for {', '.join(unplanned)} too"
                )
                return {**compared, **plan, "failed": True, "msg": cause, "cause": cause}
            applied = self._apply(arguments, asked, compared, task_vars)
            # Else nothing was done: what was decided is not for the node as it is.
            if applied.get("fingerprint") == compared["fingerprint"]:
                return {**plan, **applied}
            compared = applied
        cause = "what is managed there changes at every look"
        return {**compared, "failed": True, "msg": cause, "cause": cause}

    def _apply(
        self, arguments: Result, asked: Disruption, compared: Result, task_vars: Result | None
    ) -> Result:
        decided = {
            "run": self._task.args["run"],
            "actions": _owed(asked),
            "fingerprint": compared["fingerprint"],
            # As it was when the node was looked at, and drained for it.
            "forced": compared.get("forced", False),
            "confirm_timeout": self._task.args["confirm_timeout"],
        }
        self._applies = True
        done = self._step({**arguments, **decided}, task_vars, check_mode=False)
        return {**done, "confirm_timeout": decided["confirm_timeout"]}

    def _unconfirmed(self, task_vars: Result) -> Result:
        """An apply whose answer was lost may have been brought to its end."""
        del task_vars
        seconds = self._task.args.get("confirm_timeout")
        return {"confirm_timeout": seconds} if self._applies else {}

    def _difference(self, compared: Result) -> Result:
        """The failure of a node that was to be as wanted by now, and is not."""
        if not self._task.args.get("demanded") or not compared["differences"]:
            return {}
        named = ", ".join(map(_named, compared["differences"]))
        cause = f"after the apply these are still not as wanted: {named}"
        remedy = _PUT_RIGHT if compared["rebooted"] else "change the MachineConfig"
        return {"failed": True, "msg": cause, "cause": cause, "remedy": remedy}

    def _unplanned(self, actions: list[Result]) -> list[str]:
        """Disruptive actions that nobody has cordoned and drained the node for."""
        planned = self._task.args.get("planned")
        disruptive = {ActionType.REBOOT, ActionType.DRAIN}
        types = {each["type"] for each in actions} & disruptive
        return [] if planned is None or disruptive & set(planned) else sorted(types)

    def _step(
        self, arguments: Result, task_vars: Result | None, *, check_mode: bool
    ) -> dict[str, Any]:
        asked_for, self._task.check_mode = self._task.check_mode, check_mode
        try:
            done: Result = self._execute_module(
                module_name="machineconfig_step",
                module_args={"step": self.step, **self._sent(), **arguments},
                task_vars=task_vars,
            )
        finally:
            self._task.check_mode = asked_for
        return done

    def _sent(self) -> Result:
        """The manifest as the argument of a step."""
        return {} if self._wanted is None else {"manifest": json.dumps(self._wanted)}

    def _sends_over_stdin(self) -> bool:
        """Whether modules are sent over standard input, as is asked whatever the settings are.

        Otherwise Ansible writes them to a file on the node, with their arguments.
        """
        self._connection.set_option("pipelining", True)  # noqa: FBT003 - its API
        return bool(self._connection.is_pipelining_enabled())


def _read(path: str) -> Result:
    """The one object in a file, read as kubectl reads it."""
    with open(path, "rb") as stream:
        return read_one(path, stream.read())


def _asked(compared: Result, policy: MachineConfiguration | None) -> Disruption:
    """What the differences ask for under the policy, or the force file whatever they are."""
    if compared["only_verifies"]:
        return Disruption((), ("it was applied and booted into: only the proof is missing",))
    asked = disruption(_differences(compared), policies(policy))
    if not compared.get("forced"):
        return asked
    reason = f"{ActionType.REBOOT}: there is the force file {FORCE_FILE}"
    return Disruption((Action(type=ActionType.REBOOT),), (reason, *asked.reasons))


def _named(difference: Result) -> str:
    name, how = difference["path"] or difference["name"], difference["detail"] or difference["what"]
    return f"{name} ({how})"


def _would_fail_again(compared: Result, asked: Disruption, *, drain: bool) -> Result:
    """The failure of a retry that would drain the node for what has failed in the same way."""
    before = compared["failed_before"]
    # What an earlier run has left owing is done in any case.
    alike = bool(before) and before["actions"] == _owed(asked) and not compared["outstanding"]
    if not drain or not alike:
        return {}
    cause = f"this has failed here before, and nothing has changed since: {before['cause']}"
    remedy = (
        "change the MachineConfig or its policy; or put the node right, and let it be tried again: "
        "`kubectl mc recover NODE`, or by hand -e machineconfig_again=true"
    )
    as_before = bool(before["as_before"])
    return {"failed": True, "msg": cause, "cause": cause, "remedy": remedy, "as_before": as_before}


def _owed(asked: Disruption) -> list[Result]:
    """The actions that an apply leaves to be done; its drain comes before it."""
    return [each for each in _plain(asked.actions) if each["type"] != ActionType.DRAIN]


def _differences(compared: Result) -> list[Difference]:
    both = [*compared["differences"], *compared["owed_differences"]]
    return [Difference(each["kind"], each["name"]) for each in both]


def _plan(compared: Result, asked: Disruption) -> Result:
    """What the node will owe: what the differences ask for, and what is still outstanding."""
    actions = _plain(asked.actions)
    actions += [each for each in compared["outstanding"] if each not in actions]
    types = {each["type"] for each in actions}
    reboot = ActionType.REBOOT in types
    return {
        "actions": actions,
        "reasons": list(asked.reasons),
        "drain": bool(types & {ActionType.REBOOT, ActionType.DRAIN}),
        # In check mode the later phases have nothing but this to go by.
        "reboot": reboot,
        "services": bool(types - {ActionType.DRAIN}) and not reboot,
    }


def _plain(actions: tuple[Action, ...]) -> list[Result]:
    return [each.to_api() for each in actions]
