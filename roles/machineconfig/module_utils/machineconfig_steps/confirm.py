"""Confirm the last apply, so that the node does not go back by itself.

It is to be called over a connection that was made after the apply: an older one proves nothing.
"""

from __future__ import annotations

from ansible.module_utils.machineconfig_node.base.module import Parameters, Result
from ansible.module_utils.machineconfig_node.record import record
from ansible.module_utils.machineconfig_node.record.locked_record import locked_record
from ansible.module_utils.machineconfig_node.rollback import confirmation


def look(_: Parameters) -> Result:
    """Whether there is a timer to take away."""
    return {"changed": confirmation.is_demanded(record.FOLDER), "boot_id": record.boot_id()}


def do(asked: Parameters) -> Result:
    """Take the timer away."""
    with locked_record(asked["run"]):
        changed = confirmation.confirm(record.FOLDER)
    return {"changed": changed, "boot_id": record.boot_id()}
