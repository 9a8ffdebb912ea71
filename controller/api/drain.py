"""Drain settings: those of a pool and of the MachineConfiguration, and the merged ones."""

import re
from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Final, Self

from pydantic import AfterValidator, Field, StrictInt

from controller.api.meta import ApiModel, Count, LabelSelector

_DURATION: Final = re.compile(r"(?:([0-9]{1,5})h)?(?:([0-9]{1,5})m)?(?:([0-9]{1,5})s)?")


def parse_duration(text: str) -> timedelta:
    """Parse a duration such as `1h30m`.

    Raises:
        ValueError: the text is not a duration, or the duration is zero.
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
    """The treatment of pods whose eviction loses data or ends them permanently."""

    DELETE = "Delete"
    BLOCK = "Block"


class Stranded(StrEnum):
    """The treatment of pods that no other node could take."""

    SKIP = "Skip"
    DRAIN = "Drain"


class OnBlocked(StrEnum):
    """The treatment of a node whose drain is blocked."""

    WAIT = "Wait"
    GIVE_BACK = "GiveBack"


class Behavior(StrEnum):
    """The treatment of the pods that a rule selects."""

    SKIP = "Skip"
    WAIT_COMPLETED = "WaitCompleted"
    DRAIN = "Drain"


class DrainRule(ApiModel):
    """An exception for some pods; an empty or missing selector selects everything."""

    pod_selector: LabelSelector = LabelSelector()
    namespace_selector: LabelSelector = LabelSelector()
    behavior: Behavior
    order: Count = 0

    def selects(self, pod: Mapping[str, str], namespace: Mapping[str, str]) -> bool:
        """Whether the rule applies to a pod with these labels in a namespace with those."""
        both = (self.pod_selector, pod), (self.namespace_selector, namespace)
        return all(selector.empty or selector.matches(labels) for selector, labels in both)


Rules = Annotated[tuple[DrainRule, ...], Field(max_length=50)]
GracePeriod = Annotated[StrictInt, Field(ge=-1)]


class Drain(ApiModel):
    """The drain settings of one object; unset ones are left to the next object."""

    empty_dir_data: Disposal | None = None
    unmanaged_pods: Disposal | None = None
    stranded_pods: Stranded | None = None
    timeout: Duration | None = None
    on_blocked: OnBlocked | None = None
    grace_period_seconds: GracePeriod | None = None
    rules: Rules | None = None


class DrainSettings(ApiModel):
    """The effective drain settings of a node."""

    empty_dir_data: Disposal = Disposal.DELETE
    unmanaged_pods: Disposal = Disposal.DELETE
    stranded_pods: Stranded = Stranded.SKIP
    timeout: Duration = "1h"
    on_blocked: OnBlocked = OnBlocked.WAIT
    grace_period_seconds: GracePeriod = -1
    rules: Rules = ()

    @classmethod
    def of(cls, *layers: Drain | None) -> Self:
        """Merge `layers`: the first one that sets a field wins, and else the default applies."""
        merged: dict[str, object] = {}
        for layer in reversed(layers):
            merged |= layer.model_dump(exclude_none=True) if layer else {}
        return cls.model_validate(merged)

    @property
    def time_limit(self) -> timedelta:
        """The time that a drain may take before the node is uncordoned again."""
        return parse_duration(self.timeout)

    @property
    def keeps_stranded_pods(self) -> bool:
        """Whether pods stay that no other node could take."""
        return self.stranded_pods is Stranded.SKIP

    @property
    def uses_namespace_labels(self) -> bool:
        """Whether a rule selects by the labels of a pod's namespace."""
        return any(not rule.namespace_selector.empty for rule in self.rules)
