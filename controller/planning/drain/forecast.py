"""A forecast of a drain that has not begun: its evictions and its blockers."""

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
    going = [decision for decision in decisions if decision.step is not PodStep.LEAVE]
    found = (
        decision.blocker or _expected_blocker(decision.pod, budgets, settings) for decision in going
    )
    evictions = tuple(decision for decision in going if decision.step is PodStep.EVICT)
    return DrainForecast(evictions, tuple(blocker for blocker in found if blocker))


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
