"""Confirm the last apply, so that the node does not go back by itself.

It is to be called over a connection that was made after the apply: an older one proves nothing.
"""

from __future__ import annotations

from ansible.module_utils.machineconfig_node import confirmation, record
from ansible.module_utils.machineconfig_node.call import Answer, Asked, turn


def look(_: Asked) -> Answer:
    """Whether there is a timer to take away."""
    return {"changed": confirmation.is_demanded(record.FOLDER), "boot_id": record.boot_id()}


def do(asked: Asked) -> Answer:
    """Take the timer away."""
    with turn(asked["run"]):
        changed = confirmation.confirm(record.FOLDER)
    return {"changed": changed, "boot_id": record.boot_id()}
