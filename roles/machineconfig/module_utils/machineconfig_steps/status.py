"""Say what the node's record says: nothing is changed, nothing is claimed."""

from __future__ import annotations

from ansible.module_utils.machineconfig_node.base.module import Parameters, Result
from ansible.module_utils.machineconfig_node.check import describe
from ansible.module_utils.machineconfig_node.record import node_record
from ansible.module_utils.machineconfig_node.rollback import confirmation, journal_file


def check(_: Parameters) -> Result:
    """All that the record tells."""
    found, boot_id = node_record.load(), node_record.boot_id()
    return {
        "changed": False,
        "lines": describe.describe(found, boot_id),
        "config": found.config,
        "owed": describe.pending(found, boot_id),
        "owes": bool(found.pending(boot_id)),
        "reboot": found.needs_reboot(boot_id),
        "settled": journal_file.is_settled(node_record.FOLDER, found),
        "awaits_confirmation": confirmation.is_pending(node_record.FOLDER),
        "departures": describe.differences(found),
    }


perform = check
