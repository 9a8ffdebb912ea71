"""What a drain does with each pod of a node: kubectl's rules, and those of the pool's settings."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from controller.api.drain import Behavior, Disposal, DrainRule, DrainSettings
from controller.api.machine_config_node import Blocker
from controller.api.machine_config_pool import MachineConfigPool
from controller.api.machine_configuration import MachineConfiguration
from controller.planning.drain import blockers
from controller.planning.drain.pod import Pod
from controller.planning.drain.pod_disruption_budget import PodDisruptionBudget


class Fate(StrEnum):
    """What a drain does with a pod."""

    LEAVE = "leave"  # it stays on the node
    EVICT = "evict"
    AWAIT = "await"  # it ends without an eviction, and is waited for
    BLOCK = "block"  # while it is there, no pod is evicted


@dataclass(frozen=True)
class Verdict:
    """What happens to one pod.

    `why` gives the reason for leaving it on the node, and `costs` what its eviction loses for good.
    `blocker` tells what the drain waits for as long as the pod is there.
    """

    pod: Pod
    fate: Fate
    order: int = 0
    why: str = ""
    costs: str = ""
    blocker: Blocker | None = None


@dataclass(frozen=True)
class Surroundings:
    """What has to be known besides the pods.

    `namespaces` holds the labels of namespaces, and `daemon_sets` the namespace and name of those
    that exist.
    """

    namespaces: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    daemon_sets: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True)
class Foresight:
    """What a drain that has not begun would do, and what would block it."""

    evictions: tuple[Verdict, ...]
    blockers: tuple[Blocker, ...]


_EVERYWHERE: Final = DrainRule(behavior=Behavior.DRAIN)
_LONG: Final = 300  # seconds of a grace period that people want to know of before


def drain_settings(
    pool: MachineConfigPool | None, configuration: MachineConfiguration | None
) -> DrainSettings:
    """How the nodes of `pool` are drained: as it says itself, or else the MachineConfiguration."""
    layers = [each.spec.drain for each in (pool, configuration) if each]
    return DrainSettings.of(*layers)


def verdicts(
    pods: Iterable[Pod], around: Surroundings, settings: DrainSettings, now: datetime
) -> tuple[Verdict, ...]:
    """What happens to the pods of a node, those that go first in front."""
    found = (_verdict(pod, around, settings, now) for pod in pods)
    return tuple(sorted(found, key=lambda each: (each.order, str(each.pod))))


def due(of: Sequence[Verdict]) -> tuple[Verdict, ...]:
    """The verdicts on the pods that have to go next; empty once the drain is done.

    A pod that blocks comes before all others, so that nothing is evicted in vain.
    """
    going = [each for each in of if each.fate is not Fate.LEAVE]
    blocking = tuple(each for each in going if each.fate is Fate.BLOCK)
    first = min((each.order for each in going), default=0)
    return blocking or tuple(each for each in going if each.order == first)


def foresight(
    of: Iterable[Verdict], budgets: Sequence[PodDisruptionBudget], settings: DrainSettings
) -> Foresight:
    """What the drain would do and wait for if it began now."""
    going = [each for each in of if each.fate is not Fate.LEAVE]
    found = (each.blocker or _foreseen(each.pod, budgets, settings) for each in going)
    evictions = tuple(each for each in going if each.fate is Fate.EVICT)
    return Foresight(evictions, tuple(each for each in found if each))


def _foreseen(
    pod: Pod, budgets: Sequence[PodDisruptionBudget], settings: DrainSettings
) -> Blocker | None:
    if found := blockers.foreseen(pod, budgets):
        return found
    if blockers.holding(pod):
        return blockers.finalizer(pod)
    wanted = settings.grace_period_seconds
    grace = pod.time_to_end if wanted < 0 else wanted
    return blockers.slow_end(pod, grace) if grace > _LONG and not pod.finished else None


def _verdict(  # noqa: PLR0911 - a rule a line, the first that holds decides
    pod: Pod, around: Surroundings, settings: DrainSettings, now: datetime
) -> Verdict:
    rule = _rule(pod, around, settings)
    for why in _reasons_to_stay(pod, around, rule):
        return Verdict(pod, Fate.LEAVE, why=why)
    if pod.deletion:
        fate = Fate.EVICT if _is_hurried(pod, settings) else Fate.AWAIT
        return Verdict(pod, fate, rule.order, blocker=blockers.deleted(pod, pod.deletion, now))
    if rule.behavior is Behavior.WAIT_COMPLETED:
        return Verdict(pod, Fate.AWAIT, rule.order, blocker=blockers.wait_completed(pod))
    if pod.finished:
        return Verdict(pod, Fate.EVICT, rule.order)
    if pod.empty_dirs and settings.empty_dir_data is Disposal.BLOCK:
        return Verdict(pod, Fate.BLOCK, rule.order, blocker=blockers.empty_dir_data(pod))
    if _is_unmanaged(pod, around) and settings.unmanaged_pods is Disposal.BLOCK:
        return Verdict(pod, Fate.BLOCK, rule.order, blocker=blockers.unmanaged_pod(pod))
    return Verdict(pod, Fate.EVICT, rule.order, costs=_costs(pod, around))


def _rule(pod: Pod, around: Surroundings, settings: DrainSettings) -> DrainRule:
    namespace = around.namespaces.get(pod.namespace, {})
    chosen = (each for each in settings.rules if each.selects(pod.labels, namespace))
    return next(chosen, _EVERYWHERE)


def _reasons_to_stay(pod: Pod, around: Surroundings, rule: DrainRule) -> Iterable[str]:
    if pod.of_the_product:
        # It would end its own run; on its own node it goes on after the reboot.
        yield "it is the controller"
    if pod.mirror:
        yield "it is a static pod"
    bound = pod.daemon_set in around.daemon_sets or pod.of_foreign_daemon_set
    if bound and not pod.finished:
        yield "it belongs to a DaemonSet"
    if rule.behavior is Behavior.SKIP:
        yield "a rule skips it"
    if rule.behavior is Behavior.WAIT_COMPLETED and pod.finished and not pod.deletion:
        yield "it has completed"


def _is_hurried(pod: Pod, settings: DrainSettings) -> bool:
    """Whether the settings give a pod that is being deleted less time than it has."""
    return 0 <= settings.grace_period_seconds < pod.grace


def _is_unmanaged(pod: Pod, around: Surroundings) -> bool:
    """Whether nothing creates it again, as that of a DaemonSet that is gone."""
    if pod.daemon_set:
        return pod.daemon_set not in around.daemon_sets
    return pod.controller is None


def _costs(pod: Pod, around: Surroundings) -> str:
    """What its eviction loses for good."""
    lost = ["no controller creates it again"] if _is_unmanaged(pod, around) else []
    lost += [f"its emptyDir data ({', '.join(pod.empty_dirs)}) is lost"] if pod.empty_dirs else []
    return ", and ".join(lost)
