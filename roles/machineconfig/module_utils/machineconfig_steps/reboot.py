"""Order the reboot that the record owes, exactly once."""

from __future__ import annotations

from ansible.module_utils.machineconfig_node import force_file, record, systemd, timer
from ansible.module_utils.machineconfig_node.call import Answer, Asked, turn


def look(_: Asked) -> Answer:
    """Whether a reboot is owed."""
    boot_id = record.boot_id()
    return {"changed": record.load().owes_reboot(boot_id), "boot_id": boot_id}


def do(asked: Asked) -> Answer:
    """Order the reboot where it is owed, with the way back standing ready."""
    with turn(asked["run"]) as found:
        ordered = found.owes_reboot(record.boot_id())
        if ordered:
            timer.renew(record.FOLDER)
            systemd.reboot()
            force_file.remove()
    return {"changed": ordered, "boot_id": record.boot_id()}
