"""Decisions of a drain for the pods of a node, by the rules of kubectl and of the settings."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from controller.api.drain import Behavior, Disposal, DrainRule, DrainSettings
from controller.api.machine_config_node import Blocker
from controller.planning.drain import blockers
from controller.planning.drain.other_node import OtherNode
from controller.planning.drain.pod import Pod


class PodStep(StrEnum):
    """The step of a drain for a pod."""

    LEAVE = "leave"  # it stays on the node
    EVICT = "evict"
    AWAIT = "await"  # it ends without an eviction, and the drain waits for it
    BLOCK = "block"  # while it exists, no pod is evicted


@dataclass(frozen=True)
class PodDecision:
    """A decision of a drain for one pod.

    `reason` explains why a pod stays on the node, and `loss` is what its eviction loses for good.
    `blocker` is what the drain waits for as long as the pod exists, or where the pod is left on the
    node of a silent kubelet, what it does not wait for.
    """

    pod: Pod
    step: PodStep
    order: int = 0
    reason: str = ""
    loss: str = ""
    blocker: Blocker | None = None
    stranded: bool = False


@dataclass(frozen=True)
class DrainContext:
    """The facts besides the pods: the labels of namespaces, and the DaemonSets that exist.

    On a node whose kubelet is `silent`, pods that cannot go without it are not waited for. `others`
    are nodes to which pods could go, None where they are unknown.
    """

    namespaces: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    daemon_sets: frozenset[tuple[str, str]] = frozenset()
    silent: bool = False
    others: tuple[OtherNode, ...] | None = None

    def strands(self, pod: Pod) -> bool:
        """Whether no other node could take the pod."""
        return self.others is not None and not any(each.takes(pod) for each in self.others)


_NO_RULE: Final = DrainRule(behavior=Behavior.DRAIN)
_STRANDED: Final = "no other node could take it"
_SILENT_KUBELET: Final = "the kubelet is silent, so nothing more is known of the pod"
# On the node of a silent kubelet: the longest grace period that is waited for, and what is added.
_LONGEST_GRACE: Final = timedelta(minutes=5)
_LATE: Final = timedelta(minutes=1)


def decide_pods(
    pods: Iterable[Pod], context: DrainContext, settings: DrainSettings, now: datetime
) -> tuple[PodDecision, ...]:
    """Return the decisions for the pods of a node, those that go first in front."""
    found = (_decide(pod, context, settings, now) for pod in pods)
    return tuple(sorted(found, key=lambda decision: (decision.order, str(decision.pod))))


def next_pods(decisions: Sequence[PodDecision]) -> tuple[PodDecision, ...]:
    """Return the decisions for the pods that have to go next; empty once the drain is done.

    A pod that blocks comes before all others, so that nothing is evicted in vain.
    """
    going = [decision for decision in decisions if decision.step is not PodStep.LEAVE]
    blocking = tuple(decision for decision in going if decision.step is PodStep.BLOCK)
    first = min((decision.order for decision in going), default=0)
    return blocking or tuple(decision for decision in going if decision.order == first)


def _decide(  # noqa: PLR0911 - a rule a line, the first that holds decides
    pod: Pod, context: DrainContext, settings: DrainSettings, now: datetime
) -> PodDecision:
    rule = _rule(pod, context, settings)
    if reason := next(_reasons_to_stay(pod, context, rule), ""):
        return PodDecision(pod, PodStep.LEAVE, reason=reason)
    if _is_stranded(pod, rule, context, settings):
        return PodDecision(pod, PodStep.LEAVE, reason=_STRANDED, stranded=True)
    if context.silent and (blocker := _never_ends(pod, rule, context, settings, now)):
        return PodDecision(pod, PodStep.LEAVE, reason=_SILENT_KUBELET, blocker=blocker)
    if pod.deletion:
        step = PodStep.EVICT if _is_hurried(pod, settings) else PodStep.AWAIT
        blocker = blockers.terminating(pod, pod.deletion, now)
        return PodDecision(pod, step, rule.order, blocker=blocker)
    if rule.behavior is Behavior.WAIT_COMPLETED:
        blocker = blockers.wait_completed(pod)
        return PodDecision(pod, PodStep.AWAIT, rule.order, blocker=blocker)
    if pod.finished:
        return PodDecision(pod, PodStep.EVICT, rule.order)
    if blocker := _disposal_blocker(pod, context, settings):
        return PodDecision(pod, PodStep.BLOCK, rule.order, blocker=blocker)
    return PodDecision(pod, PodStep.EVICT, rule.order, loss=_loss(pod, context))


def _never_ends(
    pod: Pod, rule: DrainRule, context: DrainContext, settings: DrainSettings, now: datetime
) -> Blocker | None:
    """Return what a drain would wait for that only the kubelet of the node can bring about.

    A reboot loses nothing that the settings protect: it deletes no pod, and no emptyDir volume.
    """
    if pod.deletion:
        grace = timedelta(seconds=pod.grace)
        end = pod.deletion - grace + min(grace, _LONGEST_GRACE) + _LATE
        return blockers.terminating(pod, pod.deletion, now) if now >= end else None
    if rule.behavior is Behavior.WAIT_COMPLETED:
        return blockers.wait_completed(pod)
    return None if pod.finished else _disposal_blocker(pod, context, settings)


def _disposal_blocker(pod: Pod, context: DrainContext, settings: DrainSettings) -> Blocker | None:
    """Return the blocker of a pod that the settings do not let a drain delete."""
    if pod.empty_dirs and settings.empty_dir_data is Disposal.BLOCK:
        return blockers.empty_dir_data(pod)
    if settings.unmanaged_pods is Disposal.BLOCK and _is_unmanaged(pod, context):
        return blockers.unmanaged_pod(pod)
    return None


def _is_stranded(pod: Pod, rule: DrainRule, context: DrainContext, settings: DrainSettings) -> bool:
    """Whether the pod stays, as its eviction would only stop it earlier; rules come first."""
    ends = pod.deletion is not None or pod.finished
    by_default = rule is _NO_RULE and settings.keeps_stranded_pods
    return by_default and not ends and context.strands(pod)


def _rule(pod: Pod, context: DrainContext, settings: DrainSettings) -> DrainRule:
    namespace = context.namespaces.get(pod.namespace, {})
    matching = (rule for rule in settings.rules if rule.selects(pod.labels, namespace))
    return next(matching, _NO_RULE)


def _reasons_to_stay(pod: Pod, context: DrainContext, rule: DrainRule) -> Iterator[str]:
    if pod.runs_controller:
        # Its eviction would end its own run; on its own node it continues after the reboot.
        yield "it is the controller"
    if pod.mirror:
        yield "it is a static pod"
    bound = pod.daemon_set in context.daemon_sets or pod.in_custom_daemon_set
    if bound and not pod.finished:
        yield "it belongs to a DaemonSet"
    if rule.behavior is Behavior.SKIP:
        yield "a rule skips it"
    if rule.behavior is Behavior.WAIT_COMPLETED and pod.finished and not pod.deletion:
        yield "it has completed"


def _is_hurried(pod: Pod, settings: DrainSettings) -> bool:
    """Whether the settings give a terminating pod less time than it has."""
    return 0 <= settings.grace_period_seconds < pod.grace


def _is_unmanaged(pod: Pod, context: DrainContext) -> bool:
    """Whether nothing recreates the pod, as where its DaemonSet was deleted."""
    if pod.daemon_set:
        return pod.daemon_set not in context.daemon_sets
    return pod.controller is None


def _loss(pod: Pod, context: DrainContext) -> str:
    lost = ["no controller recreates it"] if _is_unmanaged(pod, context) else []
    lost += [f"its emptyDir data ({', '.join(pod.empty_dirs)}) is lost"] if pod.empty_dirs else []
    return ", and ".join(lost)
