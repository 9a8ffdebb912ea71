"""The fields that several transitions set: the phase, texts, and the condition Drifted."""

from datetime import datetime
from typing import Final

from controller.api import names
from controller.api.machine_config_node import MachineConfigNodeStatus, Phase
from controller.api.meta import Condition, ConditionStatus

Status = MachineConfigNodeStatus

MAX_ITEMS: Final = 100  # of a list in the status of a MachineConfigNode
_BEFORE_APPLY: Final = {Phase.IDLE, Phase.PREFLIGHT, Phase.CORDON, Phase.DRAIN}


def is_before_apply(phase: Phase) -> bool:
    """Whether nothing of the desired config is on the node in this phase."""
    return phase in _BEFORE_APPLY


def new_attempt(now: datetime) -> str:
    """Return the name of an attempt that begins now."""
    return f"{now:%Y-%m-%dT%H:%M:%S.%f}Z"


def moved(status: Status, now: datetime, phase: Phase, **fields: object) -> Status:
    """Return the status with this phase and these fields; a new phase or state begins `now`."""
    after = status.model_copy(update={"phase": phase, **fields})
    in_state = status.state_since or status.phase_since
    same_state = after.state is status.state
    same_phase = same_state and after.phase is status.phase
    return after.model_copy(
        update={
            "state_since": (same_state and in_state) or now,
            "phase_since": (same_phase and status.phase_since) or now,
        }
    )


def not_drifted(status: Status, now: datetime) -> tuple[Condition, ...]:
    """Return the conditions of a node whose disk matches its config."""
    return drift_condition(status, ConditionStatus.FALSE, "AsConfigured", "", now)


def drift_condition(
    status: Status, drifted: ConditionStatus, reason: str, message: str, now: datetime
) -> tuple[Condition, ...]:
    """Return all conditions, with this one of type Drifted."""
    conditions = {condition.type: condition for condition in status.conditions}
    before = conditions.get(names.DRIFTED)
    conditions[names.DRIFTED] = Condition(
        type=names.DRIFTED,
        status=drifted,
        reason=reason,
        message=message,
        last_transition_time=before.last_transition_time
        if before and before.status is drifted
        else now,
    )
    return tuple(conditions.values())
