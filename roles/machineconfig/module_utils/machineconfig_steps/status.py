"""Say what the node's record says: nothing is changed, nothing is claimed."""

from __future__ import annotations

from ansible.module_utils.machineconfig_node import account, confirmation, record, undo
from ansible.module_utils.machineconfig_node.call import Answer, Asked


def look(_: Asked) -> Answer:
    """All that the record tells."""
    found, boot_id = record.load(), record.boot_id()
    return {
        "changed": False,
        "lines": account.account(found, boot_id),
        "config": found.config,
        "owed": account.owed(found, boot_id),
        "owes": bool(found.outstanding(boot_id)),
        "reboot": found.owes_reboot(boot_id),
        "settled": undo.is_settled(record.FOLDER, found),
        "awaits_confirmation": confirmation.is_demanded(record.FOLDER),
        "departures": account.departures(found),
    }


do = look
