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
    """The evictions of a drain that has not begun, and its blockers.

    `left` are pods that would block, and are not waited for, since the node's kubelet is silent;
    `stranded` are pods that stay since no other node could take them.
    """

    evictions: tuple[PodDecision, ...]
    blockers: tuple[Blocker, ...]
    left: tuple[Blocker, ...] = ()
    stranded: tuple[str, ...] = ()


def forecast_drain(
    decisions: Iterable[PodDecision],
    budgets: Sequence[PodDisruptionBudget],
    settings: DrainSettings,
    *,
    silent: bool = False,
) -> DrainForecast:
    """Predict the drain from the decisions for its pods; `silent` is whether the kubelet is."""
    evictions: list[PodDecision] = []
    waits: list[Blocker] = []
    left: list[Blocker] = []
    stranded: list[str] = []
    for decision in decisions:
        blocker = decision.blocker
        if decision.stranded:
            stranded.append(str(decision.pod))
        if decision.step is PodStep.EVICT:
            evictions.append(decision)
            blocker = blocker or _expected_blocker(decision.pod, budgets, settings)
        refused = silent and decision.step is PodStep.EVICT
        if blocker:
            (left if refused or decision.step is PodStep.LEAVE else waits).append(blocker)
    return DrainForecast(tuple(evictions), tuple(waits), tuple(left), tuple(stranded))


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
