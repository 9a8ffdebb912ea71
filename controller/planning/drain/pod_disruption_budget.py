"""A PodDisruptionBudget, and how the API server applies it to an eviction."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from controller.api.meta import LabelSelector, LabelSelectorRequirement, SelectorOperator
from controller.planning.drain.pod import Pod

# Pods in these phases are evicted without regard to a budget.
_UNPROTECTED: Final = {"Pending", "Succeeded", "Failed"}


@dataclass(frozen=True)
class PodDisruptionBudget:
    """A budget at one moment; without a selector it protects nothing."""

    namespace: str
    name: str
    selector: LabelSelector | None
    allowed: int = 0
    healthy: int = 0
    desired: int = 0
    expected: int = 0
    always_allows_unhealthy: bool = False

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> Self:
        """Parse the JSON of the API server."""
        metadata, spec, status = found["metadata"], found["spec"], found.get("status", {})
        return cls(
            namespace=metadata["namespace"],
            name=metadata["name"],
            selector=_selector(spec.get("selector")),
            allowed=status.get("disruptionsAllowed", 0),
            healthy=status.get("currentHealthy", 0),
            desired=status.get("desiredHealthy", 0),
            expected=status.get("expectedPods", 0),
            always_allows_unhealthy=spec.get("unhealthyPodEvictionPolicy") == "AlwaysAllow",
        )

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"

    def protects(self, pod: Pod) -> bool:
        """Whether the budget applies to the pod."""
        selector = self.selector
        if selector is None or pod.namespace != self.namespace:
            return False
        if pod.deletion or pod.phase in _UNPROTECTED:
            return False
        return selector.empty or selector.matches(pod.labels)

    def allows(self, pod: Pod) -> bool:
        """Whether a pod that it protects may be evicted now."""
        if self.allowed > 0:
            return True
        spare = self.healthy >= self.desired > 0
        return not pod.ready and (self.always_allows_unhealthy or spare)


def _selector(found: Mapping[str, Any] | None) -> LabelSelector | None:
    """Parse a selector without the limits that selectors in our own kinds have."""
    if found is None:
        return None
    return LabelSelector.model_construct(
        match_labels=found.get("matchLabels") or {},
        match_expressions=tuple(map(_requirement, found.get("matchExpressions") or ())),
    )


def _requirement(found: Mapping[str, Any]) -> LabelSelectorRequirement:
    return LabelSelectorRequirement.model_construct(
        key=found["key"],
        operator=SelectorOperator(found["operator"]),
        values=tuple(found.get("values") or ()),
    )
