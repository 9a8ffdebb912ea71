"""Say what the node's record says: nothing is changed, nothing is claimed."""

from __future__ import annotations

from ansible.module_utils.machineconfig_node.base.module import Parameters, Result
from ansible.module_utils.machineconfig_node.check import describe
from ansible.module_utils.machineconfig_node.record import record
from ansible.module_utils.machineconfig_node.rollback import confirmation, journal_file


def look(_: Parameters) -> Result:
    """All that the record tells."""
    found, boot_id = record.load(), record.boot_id()
    return {
        "changed": False,
        "lines": describe.account(found, boot_id),
        "config": found.config,
        "owed": describe.owed(found, boot_id),
        "owes": bool(found.outstanding(boot_id)),
        "reboot": found.owes_reboot(boot_id),
        "settled": journal_file.is_settled(record.FOLDER, found),
        "awaits_confirmation": confirmation.is_demanded(record.FOLDER),
        "departures": describe.departures(found),
    }


do = look
