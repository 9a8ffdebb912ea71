"""Why a drain waits for a pod, and what to do about it: one function for each cause."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from controller.api.machine_config_node import Blocker, BlockReason
from controller.planning.drain.pod import Pod
from controller.planning.drain.pod_disruption_budget import PodDisruptionBudget

_LONGEST: Final = 1024  # characters of a text, as the MachineConfigNode takes them
_LONGEST_NAME: Final = 317
_TOO_MANY_REQUESTS: Final = 429
_SHORTEN: Final = "wait, or set drain.gracePeriodSeconds to a shorter time"
# Causes that end by themselves, or for which somebody has asked the drain to wait.
_PATIENT: Final = {BlockReason.GRACE_PERIOD, BlockReason.WAIT_COMPLETED, None}
# Removed by Kubernetes itself as soon as the pod has ended.
_HARMLESS: Final = {"batch.kubernetes.io/job-tracking", "foregroundDeletion", "orphan"}


def is_stuck(blockers: Iterable[Blocker]) -> bool:
    """Whether one of them needs somebody to do something."""
    return any(each.reason not in _PATIENT for each in blockers)


def empty_dir_data(pod: Pod) -> Blocker:
    """It has data that would be lost, which the settings forbid."""
    volumes = ", ".join(pod.empty_dirs)
    return _blocker(
        pod,
        BlockReason.EMPTY_DIR_DATA,
        f"has an emptyDir volume ({volumes}), and drain.emptyDirData is Block",
        "save what is in it and delete the pod, or set drain.emptyDirData: Delete",
    )


def unmanaged_pod(pod: Pod) -> Blocker:
    """It would not come back, which the settings forbid."""
    return _blocker(
        pod,
        BlockReason.UNMANAGED_POD,
        "has no controller that would create it again, and drain.unmanagedPods is Block",
        "delete the pod, or set drain.unmanagedPods: Delete",
    )


def wait_completed(pod: Pod) -> Blocker:
    """A rule asks to wait until it has ended."""
    return _blocker(
        pod,
        BlockReason.WAIT_COMPLETED,
        "is still running, and a rule of drain.rules waits until it has completed",
        "wait, delete the pod, or change the rule",
    )


def deleted(pod: Pod, deletion: datetime, now: datetime) -> Blocker:
    """It is being deleted, and still there."""
    # The kubelet sets the grace period to 0 once the containers have ended.
    if pod.grace == 0 or pod.finished:
        return finalizer(pod) if holding(pod) else _not_removed(pod)
    return _grace_period(pod, deletion) if now < deletion else _not_ended(pod, deletion)


def holding(pod: Pod) -> tuple[str, ...]:
    """The finalizers that may hold it for good, of which those of Kubernetes are none."""
    return tuple(each for each in pod.finalizers if each not in _HARMLESS)


def refused(
    pod: Pod, budgets: Sequence[PodDisruptionBudget], code: int = 0, said: str = ""
) -> Blocker:
    """The API server has refused its eviction with an HTTP status `code`, and has `said` why.

    `budgets` are those of its namespace at least.
    """
    found = foreseen(pod, budgets)
    if found:
        return found
    # The budget may allow it by now, but has not when the eviction was tried.
    protecting = next((each for each in budgets if each.protects(pod)), None)
    if protecting and code == _TOO_MANY_REQUESTS:
        return _budget(pod, protecting)
    return _blocker(
        pod,
        BlockReason.EVICTION_REFUSED,
        said or "the API server refuses its eviction",
        "mend what refuses the eviction (an admission webhook, say), or delete the pod",
    )


def foreseen(pod: Pod, budgets: Sequence[PodDisruptionBudget]) -> Blocker | None:
    """What would refuse its eviction now, as far as the budgets tell."""
    protecting = [each for each in budgets if each.protects(pod)]
    if len(protecting) > 1:
        return _several_budgets(pod, protecting)
    return next((_budget(pod, each) for each in protecting if not each.allows(pod)), None)


def slow_end(pod: Pod, grace: int) -> Blocker:
    """Once evicted it has `grace` seconds to end, which is long."""
    return _blocker(
        pod,
        BlockReason.GRACE_PERIOD,
        f"has up to {grace} s to end once it is evicted",
        _SHORTEN,
    )


def evicted(pod: Pod) -> Blocker:
    """Its eviction was accepted a moment ago."""
    return _blocker(pod, BlockReason.GRACE_PERIOD, "was evicted a moment ago", "wait")


def untried(pod: Pod) -> Blocker:
    """Nobody has refused its eviction, for which there was no time left."""
    message = "is to be evicted, for which this attempt had no time left"
    return Blocker(pod=str(pod)[:_LONGEST_NAME], message=message, remedy="wait")


def words(of: Iterable[Blocker]) -> str:
    """Which pods are waited for and why, in one line."""
    return "; ".join(f"{each.pod} ({_why(each)})" for each in of)


def remedies(of: Iterable[Blocker]) -> str:
    """What to do about them, in one line."""
    return "; ".join(dict.fromkeys(each.remedy for each in of if each.remedy))


def _why(blocker: Blocker) -> str:
    budget = blocker.pod_disruption_budget
    if blocker.reason in {None, BlockReason.POD_DISRUPTION_BUDGET} and budget:
        return f"PodDisruptionBudget {budget}"
    return blocker.message


def finalizer(pod: Pod) -> Blocker:
    """Once deleted it stays until its finalizers are removed."""
    names = ", ".join(holding(pod))
    patch = """--type=merge --patch='{"metadata":{"finalizers":null}}'"""
    return _blocker(
        pod,
        BlockReason.FINALIZER,
        f"is held by the finalizer {names} until that is removed",
        "see why the owner of the finalizer does not remove it; if that is gone for good: "
        f"kubectl patch pod --namespace={pod.namespace} {pod.name} {patch}",
    )


def _grace_period(pod: Pod, deletion: datetime) -> Blocker:
    return _blocker(
        pod,
        BlockReason.GRACE_PERIOD,
        f"is ending, and has time until {_clock(deletion)} (grace period {pod.grace} s)",
        _SHORTEN,
    )


def _not_ended(pod: Pod, deletion: datetime) -> Blocker:
    return _blocker(
        pod,
        BlockReason.NOT_ENDED,
        f"should have ended by {_clock(deletion)}, and the kubelet has not confirmed it",
        "see whether the node's kubelet works; if the pod has ended for certain: "
        f"kubectl delete pod --namespace={pod.namespace} {pod.name} --force --grace-period=0",
    )


def _not_removed(pod: Pod) -> Blocker:
    return _blocker(
        pod,
        BlockReason.NOT_ENDED,
        "has ended, and was not removed yet",
        "wait; if it stays, see whether the kube-controller-manager works",
    )


def _several_budgets(pod: Pod, budgets: Sequence[PodDisruptionBudget]) -> Blocker:
    names = ", ".join(map(str, budgets))
    return _blocker(
        pod,
        BlockReason.SEVERAL_BUDGETS,
        f"has more than one PodDisruptionBudget ({names}), and is never evicted",
        "delete all but one of them, or narrow their selectors",
        budgets[0],
    )


def _budget(pod: Pod, budget: PodDisruptionBudget) -> Blocker:
    counts = f"{budget} needs {budget.desired} healthy pods and has {budget.healthy}"
    if not budget.expected:
        return _blocker(
            pod,
            BlockReason.POD_DISRUPTION_BUDGET,
            f"{budget} allows nothing, since it counts no pods that a controller wants there to be",
            f"write minAvailable instead of maxUnavailable in {budget}, or delete the pod",
            budget,
        )
    if not pod.ready:
        return _blocker(
            pod,
            BlockReason.POD_NOT_READY,
            f"is not Ready, and {counts}",
            f"mend or delete the pod, or set unhealthyPodEvictionPolicy: AlwaysAllow in {budget}",
            budget,
        )
    if budget.healthy < budget.expected:
        remedy = f"mend the pods of {budget} that are not Ready"
    else:
        remedy = f"scale up what {budget} protects, or let it allow more disruptions"
    return _blocker(pod, BlockReason.POD_DISRUPTION_BUDGET, counts, remedy, budget)


def _blocker(
    pod: Pod,
    reason: BlockReason,
    message: str,
    remedy: str,
    budget: PodDisruptionBudget | None = None,
) -> Blocker:
    return Blocker(
        pod=str(pod)[:_LONGEST_NAME],
        pod_disruption_budget=str(budget or "")[:_LONGEST_NAME],
        reason=reason,
        message=_cut(message),
        remedy=_cut(remedy),
    )


def _clock(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
