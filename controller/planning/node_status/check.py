"""The status of a node after a drift check."""

from collections.abc import Collection, Sequence
from datetime import datetime

from controller.api import names
from controller.api.machine_config_node import Drift, NodeState, Phase, Unreturned
from controller.api.meta import ConditionStatus
from controller.planning.node_status.fields import (
    MAX_ITEMS,
    Status,
    drift_condition,
    moved,
    not_drifted,
)
from controller.planning.node_status.update import on_done
from controller.planning.texts import one_line


def on_checked(status: Status, drift: Sequence[Drift], now: datetime) -> Status:
    """A check has compared the node with its config."""
    if not drift:
        conditions = not_drifted(status, now)
        fields = {"state": NodeState.DONE, "reason": "", "drift": (), "conditions": conditions}
        return moved(status, now, Phase.IDLE, **fields)
    found = _summary(drift)
    return moved(
        status,
        now,
        Phase.IDLE,
        state=NodeState.DEGRADED,
        reason=one_line(f"drift: {found}"),
        drift=tuple(drift[:MAX_ITEMS]),
        conditions=drift_condition(status, ConditionStatus.TRUE, "Drift", one_line(found), now),
    )


def on_not_checked(
    status: Status, cause: str, last_in_sync: datetime | None, now: datetime
) -> Status:
    """A check could not reach the node, which is no failure of it."""
    since = f"last in sync at {last_in_sync:%Y-%m-%d %H:%M:%S} UTC" if last_in_sync else ""
    message = one_line(f"{cause}; {since or 'never found in sync'}")
    conditions = drift_condition(status, ConditionStatus.UNKNOWN, "Unreachable", message, now)
    reason = status.reason or one_line(f"not checked: {message}")
    return status.model_copy(update={"conditions": conditions, "reason": reason})


def on_restored(status: Status, why: str, now: datetime, drift: Sequence[Drift] = ()) -> Status:
    """An administrator has restored all originals: the node runs no config, and none is applied.

    `why` says who and when, and what to do; `drift` is what a check has found besides.
    """
    mark = Drift(path=names.RECORD, kind=names.RESTORED)
    reason = f"{why}; drift: {_summary(drift)}" if drift else why
    return on_checked(status, [mark, *drift], now).model_copy(
        update={
            "desired_config": status.current_config or status.desired_config,
            "reason": one_line(reason),
            "draining_since": None,
            "applied": False,
            "unproven": False,
            "blocked_by": (),
            "last_failure": None,
        }
    )


def on_config_found(status: Status, config: str, now: datetime) -> Status:
    """The node runs a known config without an update by the controller.

    The controller's cordon may still be there, so its mark stays.
    """
    found = status.model_copy(update={"desired_config": config})
    return on_done(found, status.boot_id or "", now)


def with_unreturned(status: Status, found: Collection[Unreturned]) -> Status:
    """The originals that could not be restored were reported anew."""
    return status.model_copy(update={"unreturned": tuple(found)})


def drift_message(status: Status) -> str:
    """Return the message of the condition Drifted."""
    return next(
        (condition.message for condition in status.conditions if condition.type == names.DRIFTED),
        "",
    )


def _summary(drift: Sequence[Drift]) -> str:
    return ", ".join(f"{item.path} ({item.kind})" for item in drift)
