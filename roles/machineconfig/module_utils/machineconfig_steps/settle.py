"""Write into the record that the node was verified and owes nothing."""

from __future__ import annotations

from ansible.module_utils.machineconfig_node.base.errors import NodeError
from ansible.module_utils.machineconfig_node.base.module import Parameters, Result
from ansible.module_utils.machineconfig_node.record import node_record
from ansible.module_utils.machineconfig_node.record.locked_record import locked_record
from ansible.module_utils.machineconfig_node.restore import originals, stored_contents
from ansible.module_utils.machineconfig_node.rollback import confirmation, journal_file


def check(_: Parameters) -> Result:
    """Whether there is anything to strike."""
    record = node_record.load()
    return _settled(record, changed=record.debts is not None)


def perform(parameters: Parameters) -> Result:
    """Strike what is done, and give the way back up; refused while anything is owed."""
    with locked_record(parameters["run"]) as record:
        owed = record.pending(node_record.boot_id())
        if owed:
            types = ", ".join(action["type"] for action in owed)
            raise NodeError(f"the node still owes: {types}", "run the update again")
        changed = record.debts is not None
        if confirmation.is_pending(node_record.FOLDER):
            raise NodeError("the last apply was not confirmed yet", "run the update again")
        record.debts = None
        record.save()
        journal_file.discard(node_record.FOLDER)
        stored_contents.remove_unused(node_record.FOLDER, record)
    return _settled(record, changed=changed)


def _settled(record: node_record.Record, *, changed: bool) -> Result:
    return {
        "changed": changed,
        "boot_id": node_record.boot_id(),
        "machine_id": record.machine_id,
        "unreturned": originals.not_restored(record),
    }
