"""Roll back the last apply, if the node has not booted since.

The services that the apply restarted are restarted, and the result is verified.
"""

from __future__ import annotations

from ansible.module_utils.machineconfig_node.base.module import Parameters, Result
from ansible.module_utils.machineconfig_node.record import node_record
from ansible.module_utils.machineconfig_node.record.locked_record import locked_record
from ansible.module_utils.machineconfig_node.rollback import by_run


def check(_: Parameters) -> Result:
    """Return whether there is an apply to roll back."""
    record = node_record.load()
    changed = by_run.is_possible(node_record.FOLDER, record)
    return {"changed": changed, "config": record.config, "settled": False}


def perform(parameters: Parameters) -> Result:
    """Roll back if that is possible without a reboot."""
    with locked_record(parameters["run"]) as record:
        changed = by_run.is_possible(node_record.FOLDER, record)
        rolled_back = (
            by_run.roll_back(node_record.FOLDER, record, parameters["cause"]) if changed else record
        )
        settled = by_run.settle(node_record.FOLDER, rolled_back)
    return {"changed": changed, "config": rolled_back.config, "settled": settled}
