"""Record that the node is verified and nothing is pending."""

from __future__ import annotations

from ansible.module_utils.machineconfig_node.base.errors import NodeError
from ansible.module_utils.machineconfig_node.base.module import Parameters, Result
from ansible.module_utils.machineconfig_node.record import node_record
from ansible.module_utils.machineconfig_node.record.locked_record import locked_record
from ansible.module_utils.machineconfig_node.restore import originals, stored_contents
from ansible.module_utils.machineconfig_node.rollback import confirmation, journal_file


def check(_: Parameters) -> Result:
    """Return whether the node is not settled yet."""
    record = node_record.load()
    rebooted = record.awaits_verification(node_record.boot_id())
    return _settled(record, rebooted=rebooted, changed=record.debts is not None)


def perform(parameters: Parameters) -> Result:
    """Settle the node and remove the journal; refused while actions are pending."""
    with locked_record(parameters["run"]) as record:
        pending = record.pending(node_record.boot_id())
        if pending:
            types = ", ".join(action["type"] for action in pending)
            raise NodeError(f"pending actions: {types}", "run the update again")
        changed = record.debts is not None
        rebooted = record.awaits_verification(node_record.boot_id())
        if confirmation.is_pending(node_record.FOLDER):
            raise NodeError("the last apply is not confirmed yet", "run the update again")
        record.debts = None
        record.save()
        journal_file.discard(node_record.FOLDER)
        stored_contents.remove_unused(node_record.FOLDER, record)
    return _settled(record, rebooted=rebooted, changed=changed)


def _settled(record: node_record.Record, *, rebooted: bool, changed: bool) -> Result:
    return {
        "changed": changed,
        "rebooted": rebooted,
        "boot_id": node_record.boot_id(),
        "machine_id": record.machine_id,
        "unreturned": originals.not_restored(record),
    }
