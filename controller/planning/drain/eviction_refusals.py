"""The causes for which the API server refuses an eviction: mostly a PodDisruptionBudget."""

from collections.abc import Sequence
from typing import Final

from controller.api.machine_config_node import Blocker, BlockReason
from controller.planning.drain.blockers import blocker
from controller.planning.drain.pod import Pod
from controller.planning.drain.pod_disruption_budget import PodDisruptionBudget

_TOO_MANY_REQUESTS: Final = 429


def refused(
    pod: Pod, budgets: Sequence[PodDisruptionBudget], code: int = 0, message: str = ""
) -> Blocker:
    """Explain a refusal with an HTTP status `code` and the `message` of the API server.

    `budgets` are at least those of the pod's namespace.
    """
    if found := expected(pod, budgets):
        return found
    # The budget may allow the eviction by now, but did not when it was tried.
    protecting = next((budget for budget in budgets if budget.protects(pod)), None)
    if protecting and code == _TOO_MANY_REQUESTS:
        return _budget(pod, protecting)
    return blocker(
        pod,
        BlockReason.EVICTION_REFUSED,
        message or "the API server refuses its eviction",
        "fix what refuses the eviction (for example an admission webhook), or delete the pod",
    )


def expected(pod: Pod, budgets: Sequence[PodDisruptionBudget]) -> Blocker | None:
    """Predict a refusal from the budgets; None if they allow the eviction now."""
    protecting = [budget for budget in budgets if budget.protects(pod)]
    if len(protecting) > 1:
        return _several_budgets(pod, protecting)
    return next((_budget(pod, budget) for budget in protecting if not budget.allows(pod)), None)


def _several_budgets(pod: Pod, budgets: Sequence[PodDisruptionBudget]) -> Blocker:
    names = ", ".join(map(str, budgets))
    return blocker(
        pod,
        BlockReason.SEVERAL_BUDGETS,
        f"has more than one PodDisruptionBudget ({names}), and is never evicted",
        "delete all but one of them, or narrow their selectors",
        budgets[0],
    )


def _budget(pod: Pod, budget: PodDisruptionBudget) -> Blocker:
    counts = f"{budget} needs {budget.desired} healthy pods and has {budget.healthy}"
    if not budget.expected:
        return blocker(
            pod,
            BlockReason.POD_DISRUPTION_BUDGET,
            f"{budget} allows no disruption, since its pods have no controller that it can count",
            f"set minAvailable instead of maxUnavailable in {budget}, or delete the pod",
            budget,
        )
    if not pod.ready:
        return blocker(
            pod,
            BlockReason.POD_NOT_READY,
            f"is not Ready, and {counts}",
            f"fix or delete the pod, or set unhealthyPodEvictionPolicy: AlwaysAllow in {budget}",
            budget,
        )
    if budget.healthy < budget.expected:
        remedy = f"fix the pods of {budget} that are not Ready"
    else:
        remedy = f"scale up what {budget} protects, or let it allow more disruptions"
    return blocker(pod, BlockReason.POD_DISRUPTION_BUDGET, counts, remedy, budget)
