"""Back to the config before the last apply: by a run that has failed, or by the node itself."""

from __future__ import annotations

from ..base.errors import NodeError
from ..comparison import compare
from ..record import node_record
from ..record.node_record import Record
from ..services import health, pending_actions
from . import confirmation, journal_file, rollback


def is_possible(folder: str, record: Record) -> bool:
    """Whether an apply has died half-way, or can be reverted in the boot that it was made in."""
    if journal_file.is_under_way(folder, record):
        return True
    return journal_file.read(folder) is not None and not record.awaits_verification(
        node_record.boot_id()
    )


def settle(folder: str, record: Record) -> bool:
    """Whether the node is what its record says and owes nothing; then nothing awaits a proof."""
    settled = compare.is_as_recorded(record, node_record.boot_id())
    if settled:
        record.debts = None
        record.save(folder)
    return settled


def roll_back(folder: str, record: Record, cause: str) -> Record:
    """Revert the last apply, restart what it had restarted, and prove what is there then.

    Raises:
        NodeError: what is there now is not the config before.
    """
    boot_id = node_record.boot_id()
    if rollback.roll_back_interrupted(folder, record, boot_id):
        # The apply had failed, and so had its own roll-back.
        confirmation.confirm(folder)
        return record
    back = rollback.roll_back_committed(folder, record, boot_id, cause, cut_off=False)
    health.reset_failures(record)
    failed = pending_actions.perform_after_rollback(folder, back, boot_id)
    confirmation.confirm(folder)
    if failed:
        raise NodeError(f"after going back: {'; '.join(failed)}", "mend the service on the node")
    if wrong := compare.differing_paths(back):
        raise NodeError(f"after going back these differ: {', '.join(wrong)}", "look at the node")
    return back
