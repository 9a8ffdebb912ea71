"""Refuses a config that the watchdog rolled back, where it is not to be applied again yet.

The watchdog cannot know why nobody confirmed the config: the controller may have been away, or the
config may lock it out. The controller knows, so a retry of the attempt is refused until it has
decided: it names another attempt, or records the lock-out here. A boot that ended in emergency
mode, or a loop of boots, the node has found itself: such a config has failed. By hand, only what is
known to have failed is refused.
"""

from __future__ import annotations

from ..base.errors import NodeError, UnconfirmedError
from ..manifest.desired_state import DesiredState
from ..record.node_record import Record
from .attempts import AttemptRequest

_REMEDY = (
    "change the MachineConfig; or apply it again: `kubectl mc recover NODE`, "
    "or by hand update.yml with -e machineconfig_again=true"
)
_WAITS = "the controller applies it again by itself, since nobody is known to be locked out"
_LOCKED_OUT = ", which had locked out the controller"


def cause(record: Record, desired: DesiredState) -> str:
    """Return that and why the watchdog rolled the config back last; empty if it did not."""
    reverted = record.reverted
    if not reverted.get("cut_off") or reverted["config"] != desired.config:
        return ""
    known = _LOCKED_OUT if reverted.get("locked_out") else ""
    return f"the watchdog rolled back {desired.config}{known}: {reverted['cause']}"


def refuse(record: Record, desired: DesiredState, request: AttemptRequest) -> None:
    """Raise an error if the config must not be applied again by this run.

    Raises:
        NodeError: the node cannot boot with it.
        UnconfirmedError: the controller has to decide, or has found a lock-out.
    """
    why = cause(record, desired)
    if not why or request.allows_reapply(record):
        return
    if record.reverted.get("broken_boot"):
        raise NodeError(why, _REMEDY)
    boot_id = str(record.reverted.get("boot_id", ""))
    if record.reverted.get("locked_out"):
        raise UnconfirmedError(why, _REMEDY, boot_id)
    if request.attempt and record.reverted.get("attempt") == request.attempt:
        raise UnconfirmedError(why, _WAITS, boot_id)


def record_lock_out(record: Record, config: str) -> bool:
    """Record that the config has locked out the controller; return whether it was rolled back."""
    is_rolled_back = record.reverted.get("cut_off") and record.reverted["config"] == config
    if is_rolled_back:
        record.reverted["locked_out"] = True
    return bool(is_rolled_back)
