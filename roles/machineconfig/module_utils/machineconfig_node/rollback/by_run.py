"""The rollback by a run that failed, before the node has booted into its config."""

from __future__ import annotations

from ..base.errors import NodeError
from ..comparison import compare
from ..record import node_record
from ..record.node_record import Record
from ..services import health, pending_actions
from . import confirmation, journal_file, rollback


def is_possible(folder: str, record: Record) -> bool:
    """Whether an apply was interrupted, or can be rolled back without a reboot."""
    if journal_file.is_under_way(folder, record):
        return True
    is_booted = record.awaits_verification(node_record.boot_id())
    return journal_file.read(folder) is not None and not is_booted


def settle(folder: str, record: Record) -> bool:
    """Settle the node if it matches its record and nothing is pending; return whether it did."""
    settled = compare.is_as_recorded(record, node_record.boot_id())
    if settled:
        record.debts = None
        record.save(folder)
    return settled


def roll_back(folder: str, record: Record, cause: str) -> Record:
    """Roll back the last apply, restart the services that it restarted, and verify.

    Raises:
        NodeError: the node does not match the config before the apply.
    """
    boot_id = node_record.boot_id()
    if rollback.roll_back_interrupted(folder, record, boot_id):
        # The apply failed, and so did its own rollback.
        confirmation.confirm(folder)
        return record
    rolled_back = rollback.roll_back_committed(folder, record, boot_id, cause, cut_off=False)
    health.reset_failures(record)
    failed = pending_actions.perform_after_rollback(folder, rolled_back, boot_id)
    confirmation.confirm(folder)
    if failed:
        raise NodeError(f"after the rollback: {'; '.join(failed)}", "fix the service on the node")
    if differing := compare.differing_paths(rolled_back):
        raise NodeError(
            f"after the rollback these differ: {', '.join(differing)}", "check the node"
        )
    return rolled_back
