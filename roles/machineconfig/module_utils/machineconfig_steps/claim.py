"""Claim a node's record for a run, and say what the record holds.

A transaction that died in the middle is rolled back first, and a controller is refused where
somebody has given all originals back by hand.
"""

from __future__ import annotations

from ansible.module_utils.machineconfig_node.base.module import Parameters, Result
from ansible.module_utils.machineconfig_node.record import lock, node_record
from ansible.module_utils.machineconfig_node.restore import stored_contents
from ansible.module_utils.machineconfig_node.rollback import confirmation, rollback


def check(parameters: Parameters) -> Result:
    """What the record says, with nothing claimed."""
    return _summary(node_record.load(), parameters["run"], changed=False)


def perform(parameters: Parameters) -> Result:
    """Make the run the only one, after rolling back what died in the middle."""
    run, fence = parameters["run"], parameters["fence"]
    node_record.prepare()
    with lock.locked(node_record.FOLDER):
        record = node_record.load()
        if fence is not None:
            record.refuse_if_restored()
        record.claim(run, record.fence if fence is None else fence)
        recovered = rollback.roll_back_interrupted(
            node_record.FOLDER, record, node_record.boot_id()
        )
        if recovered:
            confirmation.confirm(node_record.FOLDER)
        stored_contents.remove_unused(node_record.FOLDER, record)
        record.save()
    return _summary(record, run, changed=recovered)


def _summary(record: node_record.Record, run: str, *, changed: bool) -> Result:
    return {
        "changed": changed,
        "run": run,
        "config": record.config,
        "boot_id": node_record.boot_id(),
    }
