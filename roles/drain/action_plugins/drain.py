"""Evicts the pods of a node in one bounded attempt, and says what it waits for.

The settings are read here from the files that hold the pool and the MachineConfiguration: what
users write into them never becomes a variable, which Jinja would evaluate.
"""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase
from controller.api.drain import DrainSettings, OnBlocked
from controller.api.machine_config_pool import MachineConfigPool
from controller.api.machine_configuration import MachineConfiguration
from controller.api.names import HOLD
from controller.drain.attempt import Attempt, NotCordonedError, Outcome
from controller.drain.kubectl_proxy import ApiError, kubectl_proxy
from controller.manifests.reader import read_one
from controller.planning.drain import blockers
from controller.planning.drain.pod_filters import drain_settings

Result = dict[str, Any]
_ANSWER = 10  # seconds that the API server may take for an answer
_BEGINNING = 5  # seconds after which it is told what is waited for
_API_REMEDY = "see whether `kubectl get nodes` works, and as whom it asks"


class ActionModule(ActionBase):
    """One attempt; in check mode a look at what it would evict and wait for."""

    _supports_check_mode = True
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: Result | None = None) -> Result:
        """One task: which pods were evicted, and failed while others are waited for."""
        result = super().run(tmp, task_vars)
        try:
            settings = self._settings()
            outcome = self._attempt(settings)
        except (OSError, ValueError) as error:
            return self._failed(result, str(error), "mend the settings of the drain")
        except ApiError as error:
            return self._failed(result, f"the pods could not be evicted: {error}", _API_REMEDY)
        except NotCordonedError as error:
            # Whoever wants pods there is not overruled by another cordon at once.
            return {**self._failed(result, str(error), self._hold()), "gives_back": True}
        told = _told(outcome)
        if self._task.check_mode or not outcome.blockers:
            return {**result, **told}
        if self._begins and not outcome.stuck:
            return {**result, **told, "goes_on": True}
        cause = f"the drain waits for {blockers.words(outcome.blockers)}"
        failed = self._failed({**result, **told}, cause, blockers.remedies(outcome.blockers))
        return {**failed, "gives_back": self._gives_back(settings, outcome)}

    def _attempt(self, settings: DrainSettings) -> Outcome:
        arguments = self._task.args
        with kubectl_proxy(_ANSWER) as api:
            seconds = int(arguments["timeout"])
            seconds = min(seconds, _BEGINNING) if self._begins else seconds
            before = tuple(arguments.get("evicted") or ())
            attempt = Attempt(api, arguments["node"], settings, seconds, before)
            return attempt.forecast() if self._task.check_mode else attempt.run()

    def _settings(self) -> DrainSettings:
        """What the person who runs it says, then the pool, then the MachineConfiguration."""
        pool, policy = (self._task.args.get(key) for key in ("pool", "policy"))
        saved = drain_settings(
            MachineConfigPool.model_validate(_read(pool)) if pool else None,
            MachineConfiguration.model_validate(_read(policy)) if policy else None,
        )
        said = _known(self._task.args.get("settings") or {})
        return DrainSettings.model_validate({**saved.to_api(), **said})

    def _gives_back(self, settings: DrainSettings, outcome: Outcome) -> bool:
        at_once = settings.on_blocked is OnBlocked.GIVE_BACK and not self._keeps
        in_vain = outcome.stuck and not outcome.evicted and blockers.is_stuck(outcome.blockers)
        return self._time_is_up or (at_once and in_vain)

    @property
    def _begins(self) -> bool:
        """Whether another task goes on with what this one has begun."""
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
        told = {"msg": cause, "cause": cause, "remedy": remedy}
        return {**result, **told, "failed": True, "gives_back": self._time_is_up}


def _told(outcome: Outcome) -> Result:
    return {
        "changed": bool(outcome.evicted),
        "evicted": list(outcome.evicted),
        "blockers": [each.to_api() for each in outcome.blockers],
    }


def _known(settings: Result) -> Result:
    """The settings, of which none is misspelt.

    Raises:
        ValueError: there is no setting of some name.
    """
    names = [str(field.alias) for field in DrainSettings.model_fields.values()]
    for unknown in sorted(settings.keys() - set(names)):
        raise ValueError(f"a drain has no setting {unknown}; it has {', '.join(names)}")
    return settings


def _read(path: str) -> Result:
    """The one object in a file, read as kubectl reads it."""
    with open(path, "rb") as stream:
        return read_one(path, stream.read())
