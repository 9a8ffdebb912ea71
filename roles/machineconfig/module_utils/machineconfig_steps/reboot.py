"""Start the pending reboot, exactly once."""

from __future__ import annotations

from ansible.module_utils.machineconfig_node.base import force_file
from ansible.module_utils.machineconfig_node.base.module import Parameters, Result
from ansible.module_utils.machineconfig_node.record import node_record
from ansible.module_utils.machineconfig_node.record.locked_record import locked_record
from ansible.module_utils.machineconfig_node.rollback import watchdog
from ansible.module_utils.machineconfig_node.systemd import systemctl


def check(_: Parameters) -> Result:
    """Return whether a reboot is pending."""
    boot_id = node_record.boot_id()
    return {"changed": node_record.load().needs_reboot(boot_id), "boot_id": boot_id}


def perform(parameters: Parameters) -> Result:
    """Start the reboot if it is pending, with the watchdog started again."""
    with locked_record(parameters["run"]) as record:
        rebooting = record.needs_reboot(node_record.boot_id())
        if rebooting:
            watchdog.renew(node_record.FOLDER)
            systemctl.reboot()
            force_file.remove()
    return {"changed": rebooting, "boot_id": node_record.boot_id()}
