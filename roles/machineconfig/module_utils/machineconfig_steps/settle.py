"""Write into the record that the node was verified and owes nothing."""

from __future__ import annotations

from ansible.module_utils.machineconfig_node import confirmation, originals, record, returning, undo
from ansible.module_utils.machineconfig_node.call import Answer, Asked, turn
from ansible.module_utils.machineconfig_node.errors import NodeError


def look(_: Asked) -> Answer:
    """Whether there is anything to strike."""
    found = record.load()
    return _settled(found, changed=found.debts is not None)


def do(asked: Asked) -> Answer:
    """Strike what is done, and give the way back up; refused while anything is owed."""
    with turn(asked["run"]) as found:
        owed = found.outstanding(record.boot_id())
        if owed:
            types = ", ".join(action["type"] for action in owed)
            raise NodeError(f"the node still owes: {types}", "run the update again")
        changed = found.debts is not None
        if confirmation.is_demanded(record.FOLDER):
            raise NodeError("the last apply was not confirmed yet", "run the update again")
        found.debts = None
        found.save()
        undo.discard(record.FOLDER)
        originals.sweep(record.FOLDER, found)
    return _settled(found, changed=changed)


def _settled(found: record.Record, *, changed: bool) -> Answer:
    return {
        "changed": changed,
        "boot_id": record.boot_id(),
        "machine_id": found.machine_id,
        "unreturned": returning.unreturned(found),
    }
