"""The causes for which a drain waits for a pod, each with its remedy."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from controller.api.machine_config_node import Blocker, BlockReason
from controller.planning.drain.pod import Pod
from controller.planning.drain.pod_disruption_budget import PodDisruptionBudget
from controller.planning.texts import one_line

_MAX_NAME: Final = 317  # characters of a namespaced name
_SHORTEN: Final = "wait, or set drain.gracePeriodSeconds to a shorter time"
# Causes that end by themselves, or for which the settings let the drain wait.
_SELF_RESOLVING: Final = {BlockReason.GRACE_PERIOD, BlockReason.WAIT_COMPLETED, None}
# Kubernetes itself removes these as soon as the pod has terminated.
_HARMLESS: Final = {"batch.kubernetes.io/job-tracking", "foregroundDeletion", "orphan"}


def need_user(blockers: Iterable[Blocker]) -> bool:
    """Whether a user has to act on one of them."""
    return any(item.reason not in _SELF_RESOLVING for item in blockers)


def summary(blockers: Iterable[Blocker]) -> str:
    """Return the pods for which a drain waits, and the causes, in one line."""
    return "; ".join(f"{item.pod} ({_cause(item)})" for item in blockers)


def remedies(blockers: Iterable[Blocker]) -> str:
    """Return the remedies in one line."""
    return "; ".join(dict.fromkeys(item.remedy for item in blockers if item.remedy))


def empty_dir_data(pod: Pod) -> Blocker:
    """The pod has data that would be lost, which the settings forbid."""
    volumes = ", ".join(pod.empty_dirs)
    return blocker(
        pod,
        BlockReason.EMPTY_DIR_DATA,
        f"has an emptyDir volume ({volumes}), and drain.emptyDirData is Block",
        "save its data and delete the pod, or set drain.emptyDirData: Delete",
    )


def unmanaged_pod(pod: Pod) -> Blocker:
    """Nothing would recreate the pod, which the settings forbid."""
    return blocker(
        pod,
        BlockReason.UNMANAGED_POD,
        "has no controller that would recreate it, and drain.unmanagedPods is Block",
        "delete the pod, or set drain.unmanagedPods: Delete",
    )


def wait_completed(pod: Pod) -> Blocker:
    """A rule lets the drain wait until the pod has completed."""
    return blocker(
        pod,
        BlockReason.WAIT_COMPLETED,
        "is still running, and a rule of drain.rules waits until it has completed",
        "wait, delete the pod, or change the rule",
    )


def terminating(pod: Pod, deletion: datetime, now: datetime) -> Blocker:
    """The pod is being deleted."""
    # The kubelet sets the grace period to 0 once the containers have terminated.
    if pod.grace == 0 or pod.finished:
        return finalizer(pod) if own_finalizers(pod) else _not_removed(pod)
    return _grace_period(pod, deletion) if now < deletion else _not_ended(pod, deletion)


def own_finalizers(pod: Pod) -> tuple[str, ...]:
    """Return the finalizers that can keep the pod for good; those of Kubernetes itself do not."""
    return tuple(name for name in pod.finalizers if name not in _HARMLESS)


def finalizer(pod: Pod) -> Blocker:
    """A deleted pod stays until its finalizers are removed."""
    names = ", ".join(own_finalizers(pod))
    patch = """--type=merge --patch='{"metadata":{"finalizers":null}}'"""
    return blocker(
        pod,
        BlockReason.FINALIZER,
        f"is kept by the finalizer {names}",
        "find out why its owner does not remove the finalizer; if the owner no longer exists: "
        f"kubectl patch pod --namespace={pod.namespace} {pod.name} {patch}",
    )


def long_grace_period(pod: Pod, grace: int) -> Blocker:
    """The pod may need `grace` seconds to terminate, which is long."""
    return blocker(
        pod,
        BlockReason.GRACE_PERIOD,
        f"has up to {grace} s to terminate once it is evicted",
        _SHORTEN,
    )


def just_evicted(pod: Pod) -> Blocker:
    """The eviction of the pod was accepted a moment ago."""
    return blocker(pod, BlockReason.GRACE_PERIOD, "was evicted a moment ago", "wait")


def not_attempted(pod: Pod) -> Blocker:
    """The drain attempt had no time left for the pod, so its eviction was not refused."""
    return Blocker(
        pod=str(pod)[:_MAX_NAME],
        message="is evicted by the next attempt, since this one had no time left",
        remedy="wait",
    )


def blocker(
    pod: Pod,
    reason: BlockReason,
    message: str,
    remedy: str,
    budget: PodDisruptionBudget | None = None,
) -> Blocker:
    """Return a blocker whose texts fit into a MachineConfigNode."""
    return Blocker(
        pod=str(pod)[:_MAX_NAME],
        pod_disruption_budget=str(budget or "")[:_MAX_NAME],
        reason=reason,
        message=one_line(message),
        remedy=one_line(remedy),
    )


def _cause(of: Blocker) -> str:
    budget = of.pod_disruption_budget
    if of.reason in {None, BlockReason.POD_DISRUPTION_BUDGET} and budget:
        return f"PodDisruptionBudget {budget}"
    return of.message


def _grace_period(pod: Pod, deletion: datetime) -> Blocker:
    return blocker(
        pod,
        BlockReason.GRACE_PERIOD,
        f"is terminating, and has time until {_clock(deletion)} (grace period {pod.grace} s)",
        _SHORTEN,
    )


def _not_ended(pod: Pod, deletion: datetime) -> Blocker:
    return blocker(
        pod,
        BlockReason.NOT_ENDED,
        f"should have terminated by {_clock(deletion)}, and the kubelet has not confirmed it",
        "check the node's kubelet; if the pod has certainly terminated: "
        f"kubectl delete pod --namespace={pod.namespace} {pod.name} --force --grace-period=0",
    )


def _not_removed(pod: Pod) -> Blocker:
    return blocker(
        pod,
        BlockReason.NOT_ENDED,
        "has terminated, and is not removed yet",
        "wait; if it stays, check the kube-controller-manager",
    )


def _clock(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
