"""How a node's status moves: one function for each thing that can happen to it."""

from collections.abc import Sequence
from datetime import datetime

from controller.api import names
from controller.api.drain import DrainSettings
from controller.api.machine_config_node import (
    HIGHEST_FENCE,
    Blocker,
    Drift,
    Failure,
    MachineConfigNodeStatus,
    NodeState,
    Phase,
    Requests,
    Unreturned,
)
from controller.api.meta import Condition, ConditionStatus
from controller.planning import cordon_mark
from controller.planning.drain import blockers

Status = MachineConfigNodeStatus
_LONGEST = 1024  # characters of a reason, as the MachineConfigNode takes them
_MOST = 100
_LONGEST_ID = 64  # characters; a node says what it likes
_AS_CONFIGURED = "AsConfigured"
_BEFORE_THE_CORDON = {Phase.IDLE, Phase.PREFLIGHT}
_LOWER_THE_FENCE = f'set "fence" to 0 in {names.RECORD} on the node; docs/security.md says how'
# Until these are over, nothing of the desired config is on the node.
_BEFORE_THE_APPLY = {Phase.IDLE, Phase.PREFLIGHT, Phase.CORDON, Phase.DRAIN}


def on_targeted(
    status: Status, pool: str, config: str, now: datetime, *, again: bool = False
) -> Status:
    """The node was given the config of its pool, and takes a slot; `again` at somebody's wish."""
    return _moved(
        status,
        now,
        Phase.IDLE,
        pool=pool,
        state=NodeState.WORKING,
        desired_config=config,
        reason="",
        attempt=f"{now:%Y-%m-%dT%H:%M:%S.%f}Z",
        again=again,
        draining_since=None,
        applied=False,
        unproven=status.between_configs,
        blocked_by=(),
        drift=(),
        last_failure=None,
    )


def on_renamed(status: Status, pool: str, config: str) -> Status:
    """Its pool, or what it is on, has another name now; nothing on the node has changed."""
    return status.model_copy(
        update={"pool": pool, "current_config": config, "desired_config": config}
    )


def with_cordon_mark(status: Status, mark: str) -> Status:
    """A run begins that may cordon it, and whose cordon bears `mark`."""
    return status.model_copy(update={"cordon_mark": cordon_mark.digest(mark)})


def from_annotations(pool: str, config: str, asked: Requests, now: datetime) -> Status:
    """Its MachineConfigNode was lost; by its annotations it was settled on `config`.

    It counts as drifted until a check has seen it, so that nothing on it is overwritten; whatever
    was `asked` counts as answered.
    """
    status = Status(
        pool=pool, current_config=config, desired_config=config, last_handled_requests=asked
    )
    return on_checked(status, [Drift(path=names.RECORD, kind=names.NOT_CHECKED)], now)


def on_phase_entered(status: Status, phase: Phase, now: datetime) -> Status:
    """Its run came into a phase; beyond the drain, what blocked that blocks no more."""
    if phase is Phase.DRAIN:
        return _moved(status, now, phase, draining_since=status.draining_since or now)
    if phase in _BEFORE_THE_APPLY:
        return _moved(status, now, phase)
    if status.state is NodeState.DEGRADED:
        return _moved(status, now, phase, applied=True, draining_since=None, blocked_by=())
    return _moved(status, now, phase, applied=True, draining_since=None, reason="", blocked_by=())


def on_done(status: Status, boot_id: str, now: datetime, machine_id: str = "") -> Status:
    """It is what its desired config says, verified."""
    return _moved(
        status,
        now,
        Phase.IDLE,
        state=NodeState.DONE,
        current_config=status.desired_config,
        reason="",
        boot_id=boot_id[:_LONGEST_ID] or None,
        machine_id=machine_id[:_LONGEST_ID] or status.machine_id,
        conditions=_drifted(status, ConditionStatus.FALSE, _AS_CONFIGURED, "", now),
        draining_since=None,
        applied=False,
        unproven=False,
        blocked_by=(),
        drift=(),
        last_failure=None,
    )


def on_uncordoned(status: Status) -> Status:
    """A run has taken our cordon away, by which its mark is of no more use."""
    return status.model_copy(update={"cordon_mark": ""})


def on_drain_blocked(
    status: Status, found: Sequence[Blocker], reason: str, now: datetime
) -> Status:
    """Its drain is blocked; it keeps its slot and is tried again."""
    words = blockers.words(found) or reason
    return _moved(
        status,
        now,
        Phase.DRAIN,
        reason=_cut(f"drain waits: {words}"),
        draining_since=status.draining_since or now,
        blocked_by=tuple(found[:_MOST]),
    )


def on_interrupted(status: Status, phase: Phase, cause: str, now: datetime) -> Status:
    """Its run ended for a passing cause; it is tried again and nothing is held against it."""
    reason = _cut(f"{phase}: {cause}" if phase else cause)
    return on_stopped(status, phase, now).model_copy(update={"reason": reason})


def on_unreachable(status: Status, phase: Phase, cause: str, now: datetime) -> Status:
    """Its run goes on, and waits for the node."""
    return on_phase_entered(status, phase, now).model_copy(
        update={"reason": _cut(f"{phase}: {cause}")}
    )


def on_stopped(status: Status, phase: Phase, now: datetime) -> Status:
    """Its run ended for want of something that is not the node's, which is not told there."""
    return _moved(
        status,
        now,
        phase,
        draining_since=None if phase in _BEFORE_THE_CORDON else status.draining_since,
        applied=_has_applied(status, phase),
    )


def on_fence_refused(status: Status, seen: int, used: int, now: datetime) -> Status:
    """Its record has refused the fencing number `used`, since it has `seen` a higher one.

    The node is believed for itself alone: its own next run has a number above.
    """
    offset = status.fence_offset + seen + 1 - used
    if not used < seen <= HIGHEST_FENCE - 1 or offset > HIGHEST_FENCE:
        cause = f"its record answers the fencing number {used} with {seen}, which makes no sense"
        return on_failed(status, Phase.PREFLIGHT, cause, _LOWER_THE_FENCE, now)
    cause = f"its record has seen a controller with the fencing number {seen}, above ours, {used}"
    moved = on_interrupted(status, Phase.PREFLIGHT, f"{cause}; the next run has {seen + 1}", now)
    return moved.model_copy(update={"fence_offset": offset})


def on_failed(  # noqa: PLR0913 - what is said of a failure
    status: Status,
    phase: Phase,
    cause: str,
    remedy: str,
    now: datetime,
    *,
    put_back: bool = False,
) -> Status:
    """Its run failed in a phase; by `put_back` the node is as it was before."""
    failure = Failure(
        config=status.desired_config,
        phase=phase,
        cause=_cut(cause),
        remedy=_cut(remedy),
        time=now,
        count=_times_in_a_row(status, phase),
    )
    reason = f"{phase} failed: {cause}" + (f" ({remedy})" if remedy else "")
    return _moved(
        status,
        now,
        phase,
        state=NodeState.DEGRADED,
        reason=_cut(reason),
        draining_since=None,
        applied=_has_applied(status, phase) and not put_back,
        unproven=status.unproven and not put_back,
        blocked_by=(),
        last_failure=failure,
    )


def on_drain_abandoned(
    status: Status, found: Sequence[Blocker], cause: str, remedy: str, now: datetime
) -> Status:
    """Its drain ended in vain, and the node takes pods again; nothing was applied."""
    moved = on_failed(status, Phase.DRAIN, f"given back; {cause}", remedy, now)
    return _moved(moved, now, Phase.IDLE, blocked_by=tuple(found[:_MOST]))


def drain_deadline(status: Status, settings: DrainSettings) -> datetime | None:
    """When the drain of the node has taken as long as it may; None before it has begun."""
    since = status.draining_since
    return since + settings.time_limit if since else None


def with_unreturned(status: Status, found: Sequence[Unreturned]) -> Status:
    """What is not given back on it was seen anew."""
    return status.model_copy(update={"unreturned": tuple(found)})


def on_restored(status: Status, why: str, now: datetime, drift: Sequence[Drift] = ()) -> Status:
    """A person has given all originals back: it is on no config, and no update of it goes on.

    `why` says who and when, and what to do; `drift` is what a check has found beside.
    """
    mark = Drift(path=names.RECORD, kind=names.RESTORED)
    moved = on_checked(status, [mark, *drift], now)
    changed = ", ".join(f"{each.path} ({each.kind})" for each in drift)
    return moved.model_copy(
        update={
            "desired_config": status.current_config or status.desired_config,
            "reason": _cut(f"{why}; drift: {changed}" if changed else why),
            "draining_since": None,
            "applied": False,
            "unproven": False,
            "blocked_by": (),
            "last_failure": None,
        }
    )


def on_checked(status: Status, drift: Sequence[Drift], now: datetime) -> Status:
    """A check has seen the node as its config says, or not."""
    if not drift:
        conditions = _drifted(status, ConditionStatus.FALSE, _AS_CONFIGURED, "", now)
        fields = {"state": NodeState.DONE, "reason": "", "drift": (), "conditions": conditions}
        return _moved(status, now, Phase.IDLE, **fields)
    words = ", ".join(f"{each.path} ({each.kind})" for each in drift)
    return _moved(
        status,
        now,
        Phase.IDLE,
        state=NodeState.DEGRADED,
        reason=_cut(f"drift: {words}"),
        drift=tuple(drift[:_MOST]),
        conditions=_drifted(status, ConditionStatus.TRUE, "Drift", _cut(words), now),
    )


def on_not_checked(status: Status, cause: str, right: datetime | None, now: datetime) -> Status:
    """It could not be looked at, which holds nothing against it; `right` is when it last was."""
    since = f"last seen right at {right:%Y-%m-%d %H:%M:%S} UTC" if right else "never seen right"
    conditions = _drifted(
        status, ConditionStatus.UNKNOWN, "Unreachable", _cut(f"{cause}; {since}"), now
    )
    reason = status.reason or _cut(f"not checked: {cause}; {since}")
    return status.model_copy(update={"conditions": conditions, "reason": reason})


def drift_message(status: Status) -> str:
    """The message of the condition that says whether the node has drifted."""
    return next((each.message for each in status.conditions if each.type == names.DRIFTED), "")


def with_answered(status: Status, *, check: str = "", recover: str = "") -> Status:
    """What somebody asked for was done; without a word nothing was asked."""
    words = {"check": check, "recover": recover}
    asked = {key: word for key, word in words.items() if word}
    return status.model_copy(
        update={"last_handled_requests": status.last_handled_requests.model_copy(update=asked)}
    )


def on_reinstalled(status: Status) -> Status:
    """Another machine stands under its name, of which nothing is known but our cordon of it."""
    return Status(
        last_handled_requests=status.last_handled_requests, cordon_mark=status.cordon_mark
    )


def on_config_found(status: Status, config: str, now: datetime) -> Status:
    """It is on a config that we know, without an update of ours; it may be a candidate again.

    It may still be cordoned by us, so the mark stays.
    """
    moved = status.model_copy(update={"desired_config": config})
    return on_done(moved, status.boot_id or "", now)


def as_annotations(status: Status) -> dict[str, str]:
    """What the Node says of itself; programs read these four."""
    return {
        names.CURRENT_CONFIG: status.current_config,
        names.DESIRED_CONFIG: status.desired_config,
        names.STATE: status.state.value if status.state else "",
        names.REASON: status.reason,
    }


def _times_in_a_row(status: Status, phase: Phase) -> int:
    """How often the desired config has failed in the phase by now, counting this time."""
    before = status.last_failure
    if before is None or before.config != status.desired_config or before.phase is not phase:
        return 1
    return before.count + 1


def _has_applied(status: Status, phase: Phase) -> bool:
    """Also where the run came to its end before anyone saw it enter the phase."""
    return status.applied or phase not in _BEFORE_THE_APPLY


def _drifted(
    status: Status, drifted: ConditionStatus, reason: str, message: str, now: datetime
) -> tuple[Condition, ...]:
    """The conditions, with the one that says whether the node has drifted."""
    before = {each.type: each for each in status.conditions}
    last = before.get(names.DRIFTED)
    since = last.last_transition_time if last and last.status is drifted else now
    before[names.DRIFTED] = Condition(
        type=names.DRIFTED,
        status=drifted,
        reason=reason,
        message=message,
        last_transition_time=since,
    )
    return tuple(before.values())


def _moved(status: Status, now: datetime, phase: Phase, **fields: object) -> Status:
    moved = status.model_copy(update={"phase": phase, **fields})
    same = (moved.phase, moved.state) == (status.phase, status.state)
    since = status.phase_since if same and status.phase_since else now
    return moved.model_copy(update={"phase_since": since})


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
