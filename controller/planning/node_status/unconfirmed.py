"""The status of a node whose watchdog has rolled back the desired config."""

from datetime import datetime

from controller.api.machine_config_node import NodeState, Phase, Unconfirmed
from controller.planning.node_status.fields import Status, moved, new_attempt
from controller.planning.texts import one_line


def on_rolled_back(status: Status, cause: str, lock_out: str, now: datetime) -> Status:
    """The watchdog has rolled back the desired config; `lock_out` is why it is not applied again.

    Otherwise nobody has tried to confirm it, and another attempt does. After a lock-out, the next
    run is of the same attempt, and tells the node.
    """
    found, config = status.unconfirmed, status.desired_config
    count = found.count if found and found.config == config else 0
    return moved(
        status,
        now,
        Phase.IDLE,
        state=NodeState.WORKING,
        reason=one_line(f"{lock_out}; {cause}" if lock_out else cause),
        attempt=status.attempt if lock_out else new_attempt(now),
        applied=False,
        draining_since=None,
        blocked_by=(),
        last_failure=None,
        unconfirmed=Unconfirmed(
            config=config, time=now, count=count + 1, locked_out=one_line(lock_out)
        ),
    )


def is_locked_out(status: Status) -> bool:
    """Whether the desired config has locked out the controller."""
    found = status.unconfirmed
    return bool(found and found.locked_out and found.config == status.desired_config)
