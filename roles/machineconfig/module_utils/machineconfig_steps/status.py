"""Return the status of a node's record, without claiming or changing it."""

from __future__ import annotations

from ansible.module_utils.machineconfig_node.base.module import Parameters, Result
from ansible.module_utils.machineconfig_node.check import describe
from ansible.module_utils.machineconfig_node.record import node_record
from ansible.module_utils.machineconfig_node.rollback import confirmation, journal_file
from ansible.module_utils.machineconfig_node.systemd import shutdown_state


def check(_: Parameters) -> Result:
    """Return the description of the record and its pending actions."""
    record, boot_id = node_record.load(), node_record.boot_id()
    shutdown = shutdown_state.pending()
    settled = journal_file.is_settled(node_record.FOLDER, record)
    lines = describe.describe(record, boot_id)
    return {
        "changed": False,
        "lines": [*lines, str(shutdown)] if shutdown else lines,
        "config": record.config,
        "owed": describe.pending(record, boot_id),
        "owes": bool(record.pending(boot_id)),
        "reboot": record.needs_reboot(boot_id),
        # A node that is about to shut down can run no pods.
        "settled": settled and shutdown is None,
        "awaits_confirmation": confirmation.is_pending(node_record.FOLDER),
        "departures": describe.differences(record),
    }


perform = check
