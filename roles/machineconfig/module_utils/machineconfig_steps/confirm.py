"""Confirm the last apply, so that the watchdog does not roll it back.

It must be called over an SSH connection that was opened after the apply.
"""

from __future__ import annotations

from ansible.module_utils.machineconfig_node.base.module import Parameters, Result
from ansible.module_utils.machineconfig_node.record import node_record
from ansible.module_utils.machineconfig_node.record.locked_record import locked_record
from ansible.module_utils.machineconfig_node.rollback import confirmation


def check(_: Parameters) -> Result:
    """Return whether an apply awaits its confirmation."""
    return {
        "changed": confirmation.is_pending(node_record.FOLDER),
        "boot_id": node_record.boot_id(),
    }


def perform(parameters: Parameters) -> Result:
    """Confirm the apply and remove the watchdog."""
    with locked_record(parameters["run"]):
        changed = confirmation.confirm(node_record.FOLDER)
    return {"changed": changed, "boot_id": node_record.boot_id()}
