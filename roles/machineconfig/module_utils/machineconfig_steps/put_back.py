"""Put back what the last apply has changed, where the node has not booted since.

Restarts what the apply had restarted, and proves what is there then.
"""

from __future__ import annotations

from ansible.module_utils.machineconfig_node import going_back, record, undo
from ansible.module_utils.machineconfig_node.call import Answer, Asked, turn


def look(_: Asked) -> Answer:
    """Whether there is something to put back."""
    found = record.load()
    return {"changed": _possible(found), "config": found.config, "settled": False}


def do(asked: Asked) -> Answer:
    """Go back where that is possible without a reboot."""
    with turn(asked["run"]) as found:
        changed = _possible(found)
        back = going_back.go_back(record.FOLDER, found, asked["cause"]) if changed else found
    owes = back.outstanding(record.boot_id()) or _booted_since(back)
    settled = not owes and not going_back.differing(back)
    return {"changed": changed, "config": back.config, "settled": settled}


def _possible(found: record.Record) -> bool:
    """Whether an apply can be reverted in the boot that it was made in."""
    return not _booted_since(found) and undo.read(record.FOLDER) is not None


def _booted_since(found: record.Record) -> bool:
    return bool(found.debts and found.debts.boot_id != record.boot_id())
