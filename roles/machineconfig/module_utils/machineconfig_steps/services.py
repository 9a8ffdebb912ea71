"""Reload and restart what the last apply owes, each once and in order."""

from __future__ import annotations

from ansible.module_utils.machineconfig_node.base.module import Parameters, Result
from ansible.module_utils.machineconfig_node.record import record
from ansible.module_utils.machineconfig_node.record.locked_record import locked_record
from ansible.module_utils.machineconfig_node.rollback import watchdog
from ansible.module_utils.machineconfig_node.services import pending_actions


def look(_: Parameters) -> Result:
    """What would be done."""
    todo = pending_actions.outstanding(record.load(), record.boot_id())
    return {"changed": bool(todo), "done": todo}


def do(asked: Parameters) -> Result:
    """Do what is owed, with the way back standing ready; a failure leaves the rest owed."""
    with locked_record(asked["run"]) as found:
        if pending_actions.outstanding(found, record.boot_id()):
            watchdog.renew(record.FOLDER)
        done = pending_actions.carry_out(record.FOLDER, found, record.boot_id())
    return {"changed": bool(done), "done": done}
