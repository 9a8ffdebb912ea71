"""Claim a node's record for a run, and say what the record holds.

A transaction that died in the middle is rolled back first, and a controller is refused where
somebody has given all originals back by hand.
"""

from __future__ import annotations

from ansible.module_utils.machineconfig_node.base.module import Parameters, Result
from ansible.module_utils.machineconfig_node.record import lock, record
from ansible.module_utils.machineconfig_node.restore import stored_contents
from ansible.module_utils.machineconfig_node.rollback import confirmation, rollback


def look(asked: Parameters) -> Result:
    """What the record says, with nothing claimed."""
    return _summary(record.load(), asked["run"], changed=False)


def do(asked: Parameters) -> Result:
    """Make the run the only one, after rolling back what died in the middle."""
    run, fence = asked["run"], asked["fence"]
    record.prepare()
    with lock.locked(record.FOLDER):
        found = record.load()
        if fence is not None:
            found.refuse_if_restored()
        found.claim(run, found.fence if fence is None else fence)
        recovered = rollback.recover(record.FOLDER, found, record.boot_id())
        if recovered:
            confirmation.confirm(record.FOLDER)
        stored_contents.sweep(record.FOLDER, found)
        found.save()
    return _summary(found, run, changed=recovered)


def _summary(found: record.Record, run: str, *, changed: bool) -> Result:
    return {"changed": changed, "run": run, "config": found.config, "boot_id": record.boot_id()}
