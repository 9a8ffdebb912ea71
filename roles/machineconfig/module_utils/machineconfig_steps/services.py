"""Perform the pending service actions, each once and in order."""

from __future__ import annotations

from ansible.module_utils.machineconfig_node.base.module import Parameters, Result
from ansible.module_utils.machineconfig_node.record import node_record
from ansible.module_utils.machineconfig_node.record.locked_record import locked_record
from ansible.module_utils.machineconfig_node.rollback import watchdog
from ansible.module_utils.machineconfig_node.services import pending_actions


def check(_: Parameters) -> Result:
    """Return the pending actions."""
    todo = pending_actions.pending(node_record.load(), node_record.boot_id())
    return {"changed": bool(todo), "done": todo}


def perform(parameters: Parameters) -> Result:
    """Perform the pending actions with the watchdog started; a failure keeps the rest pending."""
    with locked_record(parameters["run"]) as record:
        if pending_actions.pending(record, node_record.boot_id()):
            watchdog.renew(node_record.FOLDER)
        done = pending_actions.perform(node_record.FOLDER, record, node_record.boot_id())
    return {"changed": bool(done), "done": done}
