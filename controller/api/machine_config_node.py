"""MachineConfigNode: the progress of one node, and what blocks it."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, AwareDatetime, Field

from controller.api import names
from controller.api.meta import ApiModel, ApiObject, Conditions, ConfigName

Text = Annotated[str, Field(max_length=1024)]
_MAX_IDENTIFIER_LENGTH = 63
Identifier = Annotated[str, Field(max_length=_MAX_IDENTIFIER_LENGTH)]
NamespacedName = Annotated[str, Field(max_length=317)]
# The largest integer that every JSON parser keeps exact.
HIGHEST_FENCE: Final = 2**53 - 1


class NodeState(StrEnum):
    """The state of a node."""

    DONE = "Done"
    WORKING = "Working"
    DEGRADED = "Degraded"


class Phase(StrEnum):
    """The phases of an update, in their order."""

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
    """The reason why a drain waits for a pod."""

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
    """A pod that a drain waits for, with the cause and the remedy."""

    pod: NamespacedName
    pod_disruption_budget: NamespacedName = ""
    reason: BlockReason | None = None
    message: Text = ""
    remedy: Text = ""


def _renamed(kind: str) -> str:
    return names.OLD_KINDS.get(kind, kind)


class Drift(ApiModel):
    """One difference between the node and its current config; `kind` names what differs."""

    path: Annotated[str, Field(max_length=4096)]
    kind: Annotated[str, Field(max_length=63), AfterValidator(_renamed)]


class Unreturned(ApiModel):
    """A path or the SSH keys of a user whose original could not be restored."""

    name: Annotated[str, Field(max_length=4096)]
    cause: Text = ""
    remedy: Text = ""


class Failure(ApiModel):
    """A failed update, with the cause and the remedy."""

    config: ConfigName
    phase: Phase
    cause: Text
    remedy: Text = ""
    time: AwareDatetime
    # How many runs in a row have failed in this phase.
    count: Annotated[int, Field(ge=1)] = 1


class Unconfirmed(ApiModel):
    """A config that the node's watchdog rolled back, because no run confirmed it in time."""

    config: ConfigName
    # The last time, and how often in a row.
    time: AwareDatetime
    count: Annotated[int, Field(ge=1)] = 1
    # Why the controller could not log in until then; empty if it was away itself.
    locked_out: Text = ""


class Requests(ApiModel):
    """The nonces of the last requests: for a check, to apply the config again, and to pass once."""

    check: Identifier = ""
    recover: Identifier = ""
    without_quorum: Identifier = ""

    @classmethod
    def of(cls, annotations: Mapping[str, str]) -> Self:
        """Read the requests in a Node's annotations; a nonce that is too long is cut.

        A kubelet may write them too, and they are shown to users, therefore only in ASCII.
        """
        keys = {
            "check": names.CHECK,
            "recover": names.RECOVER,
            "without_quorum": names.WITHOUT_QUORUM,
        }
        given = {request: annotations.get(key, "") for request, key in keys.items()}
        nonces = {
            request: ascii(each)[1:-1][:_MAX_IDENTIFIER_LENGTH] for request, each in given.items()
        }
        return cls.model_validate(nonces)


class MachineConfigNodeStatus(ApiModel):
    """The status of the node, as the controller last recorded it."""

    pool: ConfigName = ""
    state: NodeState | None = None
    # When the state began; a retry of a failed update does not begin it anew.
    state_since: AwareDatetime | None = None
    phase: Phase = Phase.IDLE
    phase_since: AwareDatetime | None = None
    current_config: ConfigName = ""
    desired_config: ConfigName = ""
    reason: Text = ""
    # Identifies the attempt to reach the desired config; its retries have the same value.
    attempt: Identifier = ""
    # Whether a user requested this attempt: a config that has failed before is applied again.
    again: bool = False
    # When the drain for the desired config began.
    draining_since: AwareDatetime | None = None
    # Whether the apply of the desired config has begun; its run is then completed.
    applied: bool = False
    # Whether an earlier config was applied and never verified.
    unproven: bool = False
    # Whether the node was not Ready before the desired config was applied, so that it says nothing
    # about that config if it is not Ready afterwards.
    down_before: bool = False
    boot_id: Annotated[str | None, Field(alias="bootID", max_length=64)] = None
    machine_id: Annotated[str | None, Field(alias="machineID", max_length=64)] = None
    # Added to the leader's fencing number for this node alone, whose record contains a higher one:
    # the Lease was deleted, or the node reports a false number, which then affects no other node.
    fence_offset: Annotated[int, Field(ge=0, le=HIGHEST_FENCE)] = 0
    # The digest of the cordon mark that the controller set; each cordon has a new mark.
    cordon_mark: Identifier = ""
    answered: Requests = Requests()
    # The control plane's static pods as they were before the update, each as name/digest: after a
    # reboot they count only once they have started again.
    pods_before_boot: Annotated[tuple[NamespacedName, ...], Field(max_length=100)] = ()
    blocked_by: Annotated[tuple[Blocker, ...], Field(max_length=100)] = ()
    drift: Annotated[tuple[Drift, ...], Field(max_length=100)] = ()
    unreturned: Annotated[tuple[Unreturned, ...], Field(max_length=100)] = ()
    last_failure: Failure | None = None
    # Kept until the node runs another config than before.
    unconfirmed: Unconfirmed | None = None
    conditions: Conditions = ()

    @property
    def since(self) -> AwareDatetime | None:
        """Since when the node is in its phase while it is updated, else in its state.

        A drain that is tried again and again is one drain.
        """
        if self.state is NodeState.WORKING:
            return (self.phase is Phase.DRAIN and self.draining_since) or self.phase_since
        return self.state_since or self.phase_since

    @property
    def between_configs(self) -> bool:
        """Whether a config was applied and not verified, so that pods must not be scheduled."""
        return self.applied or self.unproven


class MachineConfigNode(ApiObject):
    """The progress of the node of the same name."""

    kind: Literal["MachineConfigNode"] = "MachineConfigNode"
    status: MachineConfigNodeStatus = MachineConfigNodeStatus()
