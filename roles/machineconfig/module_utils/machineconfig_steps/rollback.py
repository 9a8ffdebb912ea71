"""Put back what the last apply has changed, where the node has not booted since.

Restarts what the apply had restarted, and proves what is there then.
"""

from __future__ import annotations

from ansible.module_utils.machineconfig_node.base.module import Parameters, Result
from ansible.module_utils.machineconfig_node.record import node_record
from ansible.module_utils.machineconfig_node.record.locked_record import locked_record
from ansible.module_utils.machineconfig_node.rollback import by_run


def check(_: Parameters) -> Result:
    """Whether there is something to put back."""
    record = node_record.load()
    changed = by_run.is_possible(node_record.FOLDER, record)
    return {"changed": changed, "config": record.config, "settled": False}


def perform(parameters: Parameters) -> Result:
    """Go back where that is possible without a reboot."""
    with locked_record(parameters["run"]) as record:
        changed = by_run.is_possible(node_record.FOLDER, record)
        back = (
            by_run.roll_back(node_record.FOLDER, record, parameters["cause"]) if changed else record
        )
        settled = by_run.settle(node_record.FOLDER, back)
    return {"changed": changed, "config": back.config, "settled": settled}
