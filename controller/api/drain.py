"""How nodes are drained: what a pool or the MachineConfiguration says, and what both amount to."""

import re
from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Final, Self

from pydantic import AfterValidator, Field, StrictInt

from controller.api.meta import ApiModel, Count, LabelSelector

_DURATION: Final = re.compile(r"(?:([0-9]{1,5})h)?(?:([0-9]{1,5})m)?(?:([0-9]{1,5})s)?")


def parse_duration(text: str) -> timedelta:
    """Read a duration such as `1h30m`.

    Raises:
        ValueError: it is none, or it is zero.
    """
    found = _DURATION.fullmatch(text)
    hours, minutes, seconds = (int(each or 0) for each in found.groups()) if found else (0, 0, 0)
    length = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    if not length:
        raise ValueError("write a duration of at least 1s, such as 1h, 90m or 1h30m")
    return length


def _is_a_duration(text: str) -> str:
    parse_duration(text)
    return text


Duration = Annotated[str, Field(max_length=18), AfterValidator(_is_a_duration)]


class Disposal(StrEnum):
    """What a drain does with a pod of which something is lost."""

    DELETE = "Delete"
    BLOCK = "Block"


class OnBlocked(StrEnum):
    """What becomes of a node whose drain is blocked."""

    WAIT = "Wait"
    GIVE_BACK = "GiveBack"


class Behavior(StrEnum):
    """What a drain does with the pods that a rule selects."""

    SKIP = "Skip"
    WAIT_COMPLETED = "WaitCompleted"
    DRAIN = "Drain"


class DrainRule(ApiModel):
    """Treats some pods differently; a selector that is empty or left out selects everything."""

    pod_selector: LabelSelector = LabelSelector()
    namespace_selector: LabelSelector = LabelSelector()
    behavior: Behavior
    order: Count = 0

    def selects(self, pod: Mapping[str, str], namespace: Mapping[str, str]) -> bool:
        """Whether it is about a pod with these labels in a namespace with those."""
        both = (self.pod_selector, pod), (self.namespace_selector, namespace)
        return all(selector.empty or selector.matches(labels) for selector, labels in both)


Rules = Annotated[tuple[DrainRule, ...], Field(max_length=50)]
GracePeriod = Annotated[StrictInt, Field(ge=-1)]


class Drain(ApiModel):
    """What one object says about drains; what it leaves out is decided elsewhere."""

    empty_dir_data: Disposal | None = None
    unmanaged_pods: Disposal | None = None
    timeout: Duration | None = None
    on_blocked: OnBlocked | None = None
    grace_period_seconds: GracePeriod | None = None
    rules: Rules | None = None


class DrainSettings(ApiModel):
    """How a node is drained, with nothing left open."""

    empty_dir_data: Disposal = Disposal.DELETE
    unmanaged_pods: Disposal = Disposal.DELETE
    timeout: Duration = "1h"
    on_blocked: OnBlocked = OnBlocked.WAIT
    grace_period_seconds: GracePeriod = -1
    rules: Rules = ()

    @classmethod
    def of(cls, *layers: Drain | None) -> Self:
        """For each field what the first of `layers` says that says anything, or the default."""
        said: dict[str, object] = {}
        for layer in reversed(layers):
            said |= layer.model_dump(exclude_none=True) if layer else {}
        return cls.model_validate(said)

    @property
    def time_limit(self) -> timedelta:
        """How long a drain may take before the node is given back."""
        return parse_duration(self.timeout)

    @property
    def uses_namespace_labels(self) -> bool:
        """Whether the labels of a pod's namespace matter."""
        return any(not rule.namespace_selector.empty for rule in self.rules)
