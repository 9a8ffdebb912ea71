"""Write into the record that the node was verified and owes nothing."""

from __future__ import annotations

from ansible.module_utils.machineconfig_node.base.errors import NodeError
from ansible.module_utils.machineconfig_node.base.module import Parameters, Result
from ansible.module_utils.machineconfig_node.record import record
from ansible.module_utils.machineconfig_node.record.locked_record import locked_record
from ansible.module_utils.machineconfig_node.restore import originals, stored_contents
from ansible.module_utils.machineconfig_node.rollback import confirmation, journal_file


def look(_: Parameters) -> Result:
    """Whether there is anything to strike."""
    found = record.load()
    return _settled(found, changed=found.debts is not None)


def do(asked: Parameters) -> Result:
    """Strike what is done, and give the way back up; refused while anything is owed."""
    with locked_record(asked["run"]) as found:
        owed = found.outstanding(record.boot_id())
        if owed:
            types = ", ".join(action["type"] for action in owed)
            raise NodeError(f"the node still owes: {types}", "run the update again")
        changed = found.debts is not None
        if confirmation.is_demanded(record.FOLDER):
            raise NodeError("the last apply was not confirmed yet", "run the update again")
        found.debts = None
        found.save()
        journal_file.discard(record.FOLDER)
        stored_contents.sweep(record.FOLDER, found)
    return _settled(found, changed=changed)


def _settled(found: record.Record, *, changed: bool) -> Result:
    return {
        "changed": changed,
        "boot_id": record.boot_id(),
        "machine_id": found.machine_id,
        "unreturned": originals.unreturned(found),
    }
