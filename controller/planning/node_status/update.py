"""The status of a node while its update makes progress."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from controller.api.machine_config_node import Blocker, NodeState, Phase
from controller.planning import cordon_mark
from controller.planning.control_plane_facts import StaticPod
from controller.planning.drain import blockers
from controller.planning.node_status.fields import (
    MAX_ITEMS,
    Status,
    is_before_apply,
    moved,
    new_attempt,
    not_drifted,
)
from controller.planning.texts import one_line

_MAX_ID: Final = 64  # characters; a node can report anything


def on_targeted(  # noqa: PLR0913 - the facts of an attempt
    status: Status,
    pool: str,
    config: str,
    now: datetime,
    *,
    again: bool = False,
    ready: bool = True,
) -> Status:
    """A config becomes the desired one, which takes a slot; `again` if a user requested it.

    `ready` is whether the node is Ready now. A node that the same config has brought down was Ready
    before that config, however often it is applied again.
    """
    repeated = config == status.desired_config and status.between_configs
    return status.model_copy(
        update={
            "pool": pool,
            "state": NodeState.WORKING,
            "state_since": now,
            "phase": Phase.IDLE,
            "phase_since": now,
            "desired_config": config,
            "reason": "",
            "attempt": new_attempt(now),
            "again": again,
            "unconfirmed": None if again else status.unconfirmed,
            "draining_since": None,
            "applied": False,
            "unproven": status.between_configs,
            "down_before": status.down_before if repeated else not ready,
            "blocked_by": (),
            "drift": (),
            "last_failure": None,
        }
    )


def on_renamed(status: Status, pool: str, config: str) -> Status:
    """The node's pool or config has another name; nothing on the node has changed."""
    return status.model_copy(
        update={"pool": pool, "current_config": config, "desired_config": config}
    )


def on_run_starting(status: Status, *, ready: bool) -> Status:
    """A run is about to start; a node that has become Ready meanwhile was not down before it."""
    recovered = ready and not status.between_configs
    return status.model_copy(update={"down_before": False}) if recovered else status


def with_cordon_mark(status: Status, mark: str) -> Status:
    """A run starts that may cordon the node with this mark."""
    return status.model_copy(update={"cordon_mark": cordon_mark.digest(mark)})


def on_phase_entered(status: Status, phase: Phase, now: datetime) -> Status:
    """The run has entered a phase; beyond the drain nothing blocks the node any more."""
    if phase is Phase.DRAIN:
        return moved(status, now, phase, draining_since=status.draining_since or now)
    if is_before_apply(phase):
        return moved(status, now, phase)
    if status.state is NodeState.DEGRADED:
        return moved(status, now, phase, applied=True, draining_since=None, blocked_by=())
    return moved(status, now, phase, applied=True, draining_since=None, reason="", blocked_by=())


def on_unreachable(status: Status, phase: Phase, cause: str, now: datetime) -> Status:
    """The run continues, and waits until the node can be reached."""
    return on_phase_entered(status, phase, now).model_copy(
        update={"reason": one_line(f"{phase}: {cause}")}
    )


def on_drain_blocked(
    status: Status, found: Sequence[Blocker], reason: str, now: datetime
) -> Status:
    """The drain is blocked; the node keeps its slot, and another drain attempt follows."""
    pods = blockers.summary(found) or reason
    return moved(
        status,
        now,
        Phase.DRAIN,
        reason=one_line(f"drain waits: {pods}"),
        draining_since=status.draining_since or now,
        blocked_by=tuple(found[:MAX_ITEMS]),
    )


def on_uncordoned(status: Status) -> Status:
    """A run has uncordoned the node, so the cordon mark is of no more use."""
    return status.model_copy(update={"cordon_mark": ""})


def with_pods_before(status: Status, pods: Sequence[StaticPod]) -> Status:
    """An update begins; where an earlier one may have rebooted the node, its pods are kept."""
    if status.unproven:
        return status
    return status.model_copy(update={"pods_before_boot": tuple(pod.start for pod in pods)})


def on_done(
    status: Status,
    boot_id: str,
    now: datetime,
    machine_id: str = "",
    *,
    rebooted: bool = False,
) -> Status:
    """The node runs its desired config, verified; `rebooted` since its static pods were seen.

    One that has returned to its current config waits there to be given the unconfirmed one again.
    """
    found, desired = status.unconfirmed, status.desired_config
    waits = found and found.config != desired == status.current_config
    return moved(
        status,
        now,
        Phase.IDLE,
        state=NodeState.DONE,
        current_config=status.desired_config,
        reason="",
        boot_id=boot_id[:_MAX_ID] or None,
        machine_id=machine_id[:_MAX_ID] or status.machine_id,
        unconfirmed=found if waits else None,
        pods_before_boot=status.pods_before_boot if rebooted else (),
        conditions=not_drifted(status, now),
        draining_since=None,
        applied=False,
        unproven=False,
        down_before=False,
        blocked_by=(),
        drift=(),
        last_failure=None,
    )
