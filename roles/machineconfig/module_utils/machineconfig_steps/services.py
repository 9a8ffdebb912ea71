"""Reload and restart what the last apply owes, each once and in order."""

from __future__ import annotations

from ansible.module_utils.machineconfig_node import record, services, timer
from ansible.module_utils.machineconfig_node.call import Answer, Asked, turn


def look(_: Asked) -> Answer:
    """What would be done."""
    todo = services.outstanding(record.load(), record.boot_id())
    return {"changed": bool(todo), "done": todo}


def do(asked: Asked) -> Answer:
    """Do what is owed, with the way back standing ready; a failure leaves the rest owed."""
    with turn(asked["run"]) as found:
        if services.outstanding(found, record.boot_id()):
            timer.renew(record.FOLDER)
        done = services.carry_out(record.FOLDER, found, record.boot_id())
    return {"changed": bool(done), "done": done}
