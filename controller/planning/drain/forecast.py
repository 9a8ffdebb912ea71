"""What a drain would do if it began now, and what would block it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from controller.api.drain import DrainSettings
from controller.api.machine_config_node import Blocker
from controller.planning.drain import blockers, eviction_refusals
from controller.planning.drain.pod import Pod
from controller.planning.drain.pod_decisions import PodDecision, PodStep
from controller.planning.drain.pod_disruption_budget import PodDisruptionBudget

_LONG_GRACE_PERIOD: Final = 300  # seconds, from which on users want to know before


@dataclass(frozen=True)
class DrainForecast:
    """The evictions of a drain that has not begun, and its blockers."""

    evictions: tuple[PodDecision, ...]
    blockers: tuple[Blocker, ...]


def forecast_drain(
    decisions: Iterable[PodDecision],
    budgets: Sequence[PodDisruptionBudget],
    settings: DrainSettings,
) -> DrainForecast:
    """Predict the drain from the decisions for its pods."""
    going = [each for each in decisions if each.step is not PodStep.LEAVE]
    found = (each.blocker or _expected_blocker(each.pod, budgets, settings) for each in going)
    evictions = tuple(each for each in going if each.step is PodStep.EVICT)
    return DrainForecast(evictions, tuple(each for each in found if each))


def _expected_blocker(
    pod: Pod, budgets: Sequence[PodDisruptionBudget], settings: DrainSettings
) -> Blocker | None:
    if refusal := eviction_refusals.expected(pod, budgets):
        return refusal
    if blockers.own_finalizers(pod):
        return blockers.finalizer(pod)
    configured = settings.grace_period_seconds
    grace = pod.termination_grace if configured < 0 else configured
    is_long = grace > _LONG_GRACE_PERIOD and not pod.finished
    return blockers.long_grace_period(pod, grace) if is_long else None
