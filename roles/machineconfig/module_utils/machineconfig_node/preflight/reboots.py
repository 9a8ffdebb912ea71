"""Whether the node can be rebooted, which is asked before it is drained for a reboot."""

from __future__ import annotations

import os
from datetime import datetime, timezone
from typing import Iterator

from ..base.errors import NodeError, TransientError
from ..comparison import compare
from ..manifest.desired_state import DesiredPath, DesiredState
from ..record.node_record import Record
from ..systemd import dry_run, logind, unit_paths

# `systemctl reboot` starts the first, which requires the others.
_UNITS = (
    "reboot.target",
    "systemd-reboot.service",
    "shutdown.target",
    "umount.target",
    "final.target",
)
_REBOOTS = {"reboot", "kexec"}


def validate(desired: DesiredState, record: Record) -> None:
    """Raise an error if the node, with the desired units, cannot be rebooted.

    Raises:
        TransientError: it cannot be rebooted now.
        NodeError: a unit of the reboot is masked or missing.
    """
    problems = dict(_problems(desired, record))
    if problems:
        causes, remedies = "; ".join(problems), "; ".join(dict.fromkeys(problems.values()))
        raise NodeError(f"the node cannot be rebooted: {causes}", remedies)
    refuse_if_not_now()


def refuse_if_not_now() -> None:
    """Raise a TransientError while somebody wants that the node is not rebooted.

    An inhibitor that blocks shutdowns is respected on every version of systemd, of which older ones
    would let root ignore it. A reboot that is scheduled for later is not waited for, since the
    earlier one replaces it; a scheduled power-off is not to be replaced.
    """
    blocking = logind.inhibitors("block")
    if blocking:
        names = ", ".join(map(str, blocking))
        raise TransientError(
            f"the reboot waits, since shutdowns of the node are blocked by the inhibitor {names}",
            "wait until it ends; `systemd-inhibit --list` on the node shows its process",
        )
    schedule = logind.schedule()
    if schedule and not schedule.has_begun and schedule.kind not in _REBOOTS:
        when = datetime.fromtimestamp(schedule.time, timezone.utc)
        raise TransientError(
            f"the reboot waits, since a {schedule.kind} of the node is scheduled for"
            f" {when:%Y-%m-%d %H:%M:%S} UTC",
            "start the node again after it; or cancel it on the node: `shutdown -c`",
        )


def _problems(desired: DesiredState, record: Record) -> Iterator[tuple[str, str]]:
    """Yield each unit of a reboot that will be masked or missing, and the remedy."""
    for unit in _UNITS:
        found = (_place(path, desired, record) for path in _paths(unit))
        place = next(filter(None, found), None)
        if place is None:
            yield f"{unit} does not exist", "install systemd's own units on the node"
        elif place.target == unit_paths.MASK:
            yield _masked(unit, place)


def _masked(unit: str, place: DesiredPath) -> tuple[str, str]:
    if place.name:
        remedy = "remove its `mask` there, or choose a policy without a reboot"
        return f"{unit} is masked by the MachineConfig", remedy
    option = " --runtime" if place.path.startswith(f"{dry_run.ROOT}/run/") else ""
    return f"{unit} is masked by {place.path}", f"run `systemctl unmask{option} {unit}` on the node"


def _paths(unit: str) -> Iterator[str]:
    return (f"{dry_run.ROOT}{folder}/{unit}" for folder in dry_run.FOLDERS)


def _place(path: str, desired: DesiredState, record: Record) -> DesiredPath | None:
    """Return what will be at the path, by no name if no config puts it there; None if nothing."""
    wanted, entry = desired.paths.get(path), record.paths.get(path)
    if wanted:
        return None if wanted.type == "absent" else wanted
    if entry and compare.matches(path, entry):
        original = entry["original"]
        found = DesiredPath(path, "unit", "", original["type"], target=original.get("target", ""))
        return None if found.type == "absent" else found
    if not os.path.lexists(path):
        return None
    target = os.readlink(path) if os.path.islink(path) else ""
    return DesiredPath(path, "unit", "", "link" if target else "file", target=target)
