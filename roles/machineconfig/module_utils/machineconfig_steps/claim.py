"""Claim a node's record for a run, and return what it contains.

An interrupted transaction is rolled back first, and a lock-out that the controller has found is
recorded. A controller is refused if all originals were restored by hand. Nobody gets the claim
while the node is about to shut down: the next boot decides what there is to do.
"""

from __future__ import annotations

from ansible.module_utils.machineconfig_node.apply import unconfirmed
from ansible.module_utils.machineconfig_node.base.module import Parameters, Result
from ansible.module_utils.machineconfig_node.record import lock, node_record
from ansible.module_utils.machineconfig_node.restore import stored_contents
from ansible.module_utils.machineconfig_node.rollback import by_run, confirmation, rollback
from ansible.module_utils.machineconfig_node.systemd import shutdown_state


def check(parameters: Parameters) -> Result:
    """Return the summary of the record, without claiming it."""
    return _summary(node_record.load(), parameters["run"], changed=False)


def perform(parameters: Parameters) -> Result:
    """Claim the record for the run, after rolling back an interrupted transaction."""
    run, fence = parameters["run"], parameters["fence"]
    node_record.prepare()
    with lock.locked(node_record.FOLDER):
        record = node_record.load_to_change()
        if fence is not None:
            record.refuse_if_restored()
        shutdown_state.refuse_while_pending()
        record.claim(run, record.fence if fence is None else fence)
        rolled_back = rollback.roll_back_interrupted(
            node_record.FOLDER, record, node_record.boot_id()
        )
        if rolled_back:
            confirmation.confirm(node_record.FOLDER)
        if unconfirmed.record_lock_out(record, parameters["locked_out"]):
            # Where it has not booted since, it is proven to be as before.
            by_run.settle(node_record.FOLDER, record)
        stored_contents.remove_unused(node_record.FOLDER, record)
        record.save()
    return _summary(record, run, changed=rolled_back)


def _summary(record: node_record.Record, run: str, *, changed: bool) -> Result:
    return {
        "changed": changed,
        "run": run,
        "config": record.config,
        "boot_id": node_record.boot_id(),
    }
