"""Put back what the last apply has changed, where the node has not booted since.

Restarts what the apply had restarted, and proves what is there then.
"""

from __future__ import annotations

from ansible.module_utils.machineconfig_node import going_back, record
from ansible.module_utils.machineconfig_node.call import Answer, Asked, turn


def look(_: Asked) -> Answer:
    """Whether there is something to put back."""
    found = record.load()
    changed = going_back.is_possible(record.FOLDER, found)
    return {"changed": changed, "config": found.config, "settled": False}


def do(asked: Asked) -> Answer:
    """Go back where that is possible without a reboot."""
    with turn(asked["run"]) as found:
        changed = going_back.is_possible(record.FOLDER, found)
        back = going_back.go_back(record.FOLDER, found, asked["cause"]) if changed else found
        settled = going_back.settle(record.FOLDER, back)
    return {"changed": changed, "config": back.config, "settled": settled}
