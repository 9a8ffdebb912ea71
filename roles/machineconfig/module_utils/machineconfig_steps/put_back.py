"""Put back what the last apply has changed, where the node has not booted since.

Restarts what the apply had restarted, and proves what is there then.
"""

from __future__ import annotations

from ansible.module_utils.machineconfig_node.base.module import Parameters, Result
from ansible.module_utils.machineconfig_node.record import record
from ansible.module_utils.machineconfig_node.record.locked_record import locked_record
from ansible.module_utils.machineconfig_node.rollback import by_run


def look(_: Parameters) -> Result:
    """Whether there is something to put back."""
    found = record.load()
    changed = by_run.is_possible(record.FOLDER, found)
    return {"changed": changed, "config": found.config, "settled": False}


def do(asked: Parameters) -> Result:
    """Go back where that is possible without a reboot."""
    with locked_record(asked["run"]) as found:
        changed = by_run.is_possible(record.FOLDER, found)
        back = by_run.go_back(record.FOLDER, found, asked["cause"]) if changed else found
        settled = by_run.settle(record.FOLDER, back)
    return {"changed": changed, "config": back.config, "settled": settled}
