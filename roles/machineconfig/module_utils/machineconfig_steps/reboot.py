"""Order the reboot that the record owes, exactly once."""

from __future__ import annotations

from ansible.module_utils.machineconfig_node.base import force_file
from ansible.module_utils.machineconfig_node.base.module import Parameters, Result
from ansible.module_utils.machineconfig_node.record import node_record
from ansible.module_utils.machineconfig_node.record.locked_record import locked_record
from ansible.module_utils.machineconfig_node.rollback import watchdog
from ansible.module_utils.machineconfig_node.systemd import systemctl


def check(_: Parameters) -> Result:
    """Whether a reboot is owed."""
    boot_id = node_record.boot_id()
    return {"changed": node_record.load().needs_reboot(boot_id), "boot_id": boot_id}


def perform(parameters: Parameters) -> Result:
    """Order the reboot where it is owed, with the way back standing ready."""
    with locked_record(parameters["run"]) as record:
        ordered = record.needs_reboot(node_record.boot_id())
        if ordered:
            watchdog.renew(node_record.FOLDER)
            systemctl.reboot()
            force_file.remove()
    return {"changed": ordered, "boot_id": node_record.boot_id()}
