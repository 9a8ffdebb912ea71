"""MachineConfigNode: how far one node has come, and what stands in its way."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Final, Literal, Self

from pydantic import AwareDatetime, Field

from controller.api import names
from controller.api.meta import ApiModel, ApiObject, Conditions, ConfigName

Text = Annotated[str, Field(max_length=1024)]
_LONGEST_IDENTIFIER = 63
Identifier = Annotated[str, Field(max_length=_LONGEST_IDENTIFIER)]
NamespacedName = Annotated[str, Field(max_length=317)]
# Every JSON reader keeps whole numbers up to here.
HIGHEST_FENCE: Final = 2**53 - 1


class NodeState(StrEnum):
    """How a node stands, in one word."""

    DONE = "Done"
    WORKING = "Working"
    DEGRADED = "Degraded"


class Phase(StrEnum):
    """Where in an update a node is, in the order of the update."""

    IDLE = ""
    PREFLIGHT = "Preflight"
    CORDON = "Cordon"
    DRAIN = "Drain"
    APPLY = "Apply"
    ACTIONS = "Actions"
    REBOOT = "Reboot"
    VERIFY = "Verify"
    UNCORDON = "Uncordon"


class BlockReason(StrEnum):
    """Why a drain waits for a pod."""

    POD_DISRUPTION_BUDGET = "PodDisruptionBudget"
    POD_NOT_READY = "PodNotReady"
    SEVERAL_BUDGETS = "SeveralPodDisruptionBudgets"
    EMPTY_DIR_DATA = "EmptyDirData"
    UNMANAGED_POD = "UnmanagedPod"
    FINALIZER = "Finalizer"
    GRACE_PERIOD = "GracePeriod"
    NOT_ENDED = "NotEnded"
    WAIT_COMPLETED = "WaitCompleted"
    EVICTION_REFUSED = "EvictionRefused"


class Blocker(ApiModel):
    """A pod that a drain waits for, why, and what to do about it."""

    pod: NamespacedName
    pod_disruption_budget: NamespacedName = ""
    reason: BlockReason | None = None
    message: Text = ""
    remedy: Text = ""


class Drift(ApiModel):
    """Something on the node that is not as its config says."""

    path: Annotated[str, Field(max_length=4096)]
    kind: Annotated[str, Field(max_length=63)]


class Unreturned(ApiModel):
    """Something that no config holds any more, and that was not made as it was before us."""

    name: Annotated[str, Field(max_length=4096)]
    cause: Text = ""
    remedy: Text = ""


class Failure(ApiModel):
    """What went wrong, and what to do about it."""

    config: ConfigName
    phase: Phase
    cause: Text
    remedy: Text = ""
    time: AwareDatetime
    # How often in a row an attempt has failed in this phase.
    count: Annotated[int, Field(ge=1)] = 1


class Requests(ApiModel):
    """The words by which somebody has last asked for a check, and to apply the config again."""

    check: Identifier = ""
    recover: Identifier = ""

    @classmethod
    def of(cls, annotations: Mapping[str, str]) -> Self:
        """What the annotations of a Node ask; one that is too long is cut, so that it is seen.

        A kubelet may write them too, and they are answered where people read: so in ASCII.
        """
        given = (annotations.get(key, "") for key in (names.CHECK, names.RECOVER))
        check, recover = (ascii(each)[1:-1][:_LONGEST_IDENTIFIER] for each in given)
        return cls(check=check, recover=recover)


class MachineConfigNodeStatus(ApiModel):
    """Everything that the controller knows of the node."""

    pool: ConfigName = ""
    state: NodeState | None = None
    phase: Phase = Phase.IDLE
    phase_since: AwareDatetime | None = None
    current_config: ConfigName = ""
    desired_config: ConfigName = ""
    reason: Text = ""
    # Names what the runs towards the desired config have in common: each is a retry of the first.
    attempt: Identifier = ""
    # Whether somebody has asked for this attempt, so that what failed before is done once more.
    again: bool = False
    # Since when the node is being drained for its desired config.
    draining_since: AwareDatetime | None = None
    # Whether the desired config has begun to be applied, so that it is brought to its end.
    applied: bool = False
    # Whether an earlier config was applied and never proven.
    unproven: bool = False
    boot_id: Annotated[str | None, Field(alias="bootID", max_length=64)] = None
    machine_id: Annotated[str | None, Field(alias="machineID", max_length=64)] = None
    # What is added to the leader's fencing number for this node alone, whose record has seen higher
    # ones: the Lease was deleted since, or the node lies, which then harms nobody else.
    fence_offset: Annotated[int, Field(ge=0, le=HIGHEST_FENCE)] = 0
    # The digest of the mark of our cordon, which is a new one for each run that finds none.
    cordon_mark: Identifier = ""
    last_handled_requests: Requests = Requests()
    blocked_by: Annotated[tuple[Blocker, ...], Field(max_length=100)] = ()
    drift: Annotated[tuple[Drift, ...], Field(max_length=100)] = ()
    unreturned: Annotated[tuple[Unreturned, ...], Field(max_length=100)] = ()
    last_failure: Failure | None = None
    conditions: Conditions = ()

    @property
    def between_configs(self) -> bool:
        """Whether something was applied and is not proven, so that it must not take pods."""
        return self.applied or self.unproven


class MachineConfigNode(ApiObject):
    """How far one node has come; it bears the node's name."""

    kind: Literal["MachineConfigNode"] = "MachineConfigNode"
    status: MachineConfigNodeStatus = MachineConfigNodeStatus()
