"""The status of a node whose run ends without success."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from controller.api import names
from controller.api.drain import DrainSettings
from controller.api.machine_config_node import (
    HIGHEST_FENCE,
    Blocker,
    Failure,
    NodeState,
    Phase,
)
from controller.planning.node_status.fields import MAX_ITEMS, Status, is_before_apply, moved
from controller.planning.texts import one_line

_BEFORE_CORDON: Final = {Phase.IDLE, Phase.PREFLIGHT}
_LOWER_FENCE: Final = (
    f'set "fence" to 0 in {names.RECORD} on the node, as docs/security.md explains'
)


def on_stopped(status: Status, phase: Phase, now: datetime) -> Status:
    """The run ended for a cause outside the node, which the status does not mention."""
    return moved(
        status,
        now,
        phase,
        draining_since=None if phase in _BEFORE_CORDON else status.draining_since,
        applied=has_applied(status, phase),
    )


def on_interrupted(status: Status, phase: Phase, cause: str, now: datetime) -> Status:
    """The run ended for a transient cause; it is retried, and no failure is counted."""
    reason = one_line(f"{phase}: {cause}" if phase else cause)
    return on_stopped(status, phase, now).model_copy(update={"reason": reason})


def on_fence_refused(status: Status, seen: int, used: int, now: datetime) -> Status:
    """The node's record has refused the fencing number `used`, since it has `seen` a higher one.

    Only this node's next run gets a number above, so that a node cannot harm others.
    """
    offset = status.fence_offset + seen + 1 - used
    if not used < seen <= HIGHEST_FENCE - 1 or offset > HIGHEST_FENCE:
        cause = f"its record answers the fencing number {used} with {seen}, which is invalid"
        return on_failed(status, Phase.PREFLIGHT, cause, _LOWER_FENCE, now)
    cause = f"its record has seen the fencing number {seen}, above the controller's {used}"
    interrupted = on_interrupted(
        status, Phase.PREFLIGHT, f"{cause}; the next run has {seen + 1}", now
    )
    return interrupted.model_copy(update={"fence_offset": offset})


def on_failed(  # noqa: PLR0913 - the facts of a failure
    status: Status,
    phase: Phase,
    cause: str,
    remedy: str,
    now: datetime,
    *,
    rolled_back: bool = False,
) -> Status:
    """The run failed in a phase; if `rolled_back`, the node is as it was before the apply."""
    failure = Failure(
        config=status.desired_config,
        phase=phase,
        cause=one_line(cause),
        remedy=one_line(remedy),
        time=now,
        count=_failures_in_a_row(status, phase),
    )
    reason = f"{phase} failed: {cause}" + (f" ({remedy})" if remedy else "")
    return moved(
        status,
        now,
        phase,
        state=NodeState.DEGRADED,
        reason=one_line(reason),
        draining_since=None,
        applied=has_applied(status, phase) and not rolled_back,
        unproven=status.unproven and not rolled_back,
        blocked_by=(),
        last_failure=failure,
    )


def on_drain_abandoned(
    status: Status, found: Sequence[Blocker], cause: str, remedy: str, now: datetime
) -> Status:
    """The drain did not end, and the node was uncordoned; nothing was applied."""
    failed = on_failed(status, Phase.DRAIN, f"uncordoned again; {cause}", remedy, now)
    return moved(failed, now, Phase.IDLE, blocked_by=tuple(found[:MAX_ITEMS]))


def drain_deadline(status: Status, settings: DrainSettings) -> datetime | None:
    """Return when the drain of the node is abandoned; None before it has begun."""
    since = status.draining_since
    return since + settings.time_limit if since else None


def _failures_in_a_row(status: Status, phase: Phase) -> int:
    """Return how often the desired config has failed in the phase, counting this time."""
    before = status.last_failure
    if before is None or before.config != status.desired_config or before.phase is not phase:
        return 1
    return before.count + 1


def has_applied(status: Status, phase: Phase) -> bool:
    """Whether the apply has begun, also where the run ended before its phase was recorded."""
    return status.applied or not is_before_apply(phase)
