"""Confirm the last apply, so that the node does not go back by itself.

It is to be called over a connection that was made after the apply: an older one proves nothing.
"""

from __future__ import annotations

from ansible.module_utils.machineconfig_node.base.module import Parameters, Result
from ansible.module_utils.machineconfig_node.record import node_record
from ansible.module_utils.machineconfig_node.record.locked_record import locked_record
from ansible.module_utils.machineconfig_node.rollback import confirmation


def check(_: Parameters) -> Result:
    """Whether there is a timer to take away."""
    return {
        "changed": confirmation.is_pending(node_record.FOLDER),
        "boot_id": node_record.boot_id(),
    }


def perform(parameters: Parameters) -> Result:
    """Take the timer away."""
    with locked_record(parameters["run"]):
        changed = confirmation.confirm(node_record.FOLDER)
    return {"changed": changed, "boot_id": node_record.boot_id()}
