"""Evict the pods of a node in one bounded attempt, and return the pods that block it.

The settings are read here from the files with the pool and the MachineConfiguration: user content
never becomes a variable, which Jinja would evaluate.
"""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase
from controller.api.drain import DrainSettings, OnBlocked
from controller.api.machine_config_pool import MachineConfigPool
from controller.api.machine_configuration import MachineConfiguration
from controller.api.names import HOLD
from controller.drain.attempt import Attempt, NotCordonedError, Outcome
from controller.kubectl_proxy import ApiError, kubectl_proxy
from controller.manifests.reader import read_one
from controller.planning.drain import blockers
from controller.planning.drain.settings import drain_settings

Result = dict[str, Any]
_API_TIMEOUT = 10  # seconds
_FIRST_REPORT = 5  # seconds after which the blockers are reported
_API_REMEDY = "check that `kubectl get nodes` works, and which user its kubeconfig has"


class ActionModule(ActionBase):
    """A task with one attempt, which in check mode is only simulated."""

    _supports_check_mode = True
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: Result | None = None) -> Result:
        """Return the evicted pods; the task fails while other pods block the drain."""
        result = super().run(tmp, task_vars)
        try:
            settings = self._settings()
            outcome = self._attempt(settings)
        except (OSError, ValueError) as error:
            return self._failed(result, str(error), "fix the drain settings")
        except ApiError as error:
            return self._failed(result, f"the pods could not be evicted: {error}", _API_REMEDY)
        except NotCordonedError as error:
            # Do not override the user who uncordoned the node with another cordon.
            return {**self._failed(result, str(error), self._hold()), "gives_back": True}
        summary = _summary(outcome)
        if self._task.check_mode or not outcome.blockers:
            return {**result, **summary}
        if self._begins and not outcome.stuck:
            return {**result, **summary, "goes_on": True}
        cause = f"the drain waits for {blockers.summary(outcome.blockers)}"
        failed = self._failed({**result, **summary}, cause, blockers.remedies(outcome.blockers))
        return {**failed, "gives_back": self._gives_back(settings, outcome)}

    def _attempt(self, settings: DrainSettings) -> Outcome:
        arguments = self._task.args
        with kubectl_proxy(_API_TIMEOUT) as api:
            seconds = int(arguments["timeout"])
            seconds = min(seconds, _FIRST_REPORT) if self._begins else seconds
            before = tuple(arguments.get("evicted") or ())
            attempt = Attempt(api, arguments["node"], settings, seconds, before)
            return attempt.forecast() if self._task.check_mode else attempt.run()

    def _settings(self) -> DrainSettings:
        """Return the task's own settings over those of the pool and the MachineConfiguration."""
        pool, policy = (self._task.args.get(key) for key in ("pool", "policy"))
        saved = drain_settings(
            MachineConfigPool.model_validate(_read(pool)) if pool else None,
            MachineConfiguration.model_validate(_read(policy)) if policy else None,
        )
        own = _known(self._task.args.get("settings") or {})
        return DrainSettings.model_validate({**saved.to_api(), **own})

    def _gives_back(self, settings: DrainSettings, outcome: Outcome) -> bool:
        at_once = settings.on_blocked is OnBlocked.GIVE_BACK and not self._keeps
        in_vain = outcome.stuck and not outcome.evicted and blockers.need_user(outcome.blockers)
        return self._time_is_up or (at_once and in_vain)

    @property
    def _begins(self) -> bool:
        """Return whether another task continues this attempt."""
        return bool(self._task.args.get("begins"))

    @property
    def _time_is_up(self) -> bool:
        return bool(self._task.args.get("gives_back")) and not self._keeps

    @property
    def _keeps(self) -> bool:
        return bool(self._task.args.get("keeps"))

    def _hold(self) -> str:
        node = self._task.args["node"]
        return f"to keep it out of updates: kubectl annotate node {node} {HOLD}=true"

    def _failed(self, result: Result, cause: str, remedy: str) -> Result:
        texts = {"msg": cause, "cause": cause, "remedy": remedy}
        return {**result, **texts, "failed": True, "gives_back": self._time_is_up}


def _summary(outcome: Outcome) -> Result:
    return {
        "changed": bool(outcome.evicted),
        "evicted": list(outcome.evicted),
        "blockers": [each.to_api() for each in outcome.blockers],
        "left": [f"{each.pod}: {each.message}" for each in outcome.left],
        "stranded": list(outcome.stranded),
    }


def _known(settings: Result) -> Result:
    """Return the settings.

    Raises:
        ValueError: a setting does not exist.
    """
    names = [str(field.alias) for field in DrainSettings.model_fields.values()]
    for unknown in sorted(settings.keys() - set(names)):
        raise ValueError(f"{unknown} is not a drain setting (valid: {', '.join(names)})")
    return settings


def _read(path: str) -> Result:
    """Return the single object in a file, read as kubectl reads it."""
    with open(path, "rb") as stream:
        return read_one(path, stream.read())
