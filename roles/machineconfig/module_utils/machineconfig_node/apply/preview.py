"""Previews a change on this node, with the keys that every phase returns."""

from __future__ import annotations

import hashlib
import json

from ..base.module import Result
from ..comparison import compare
from ..manifest.desired_state import DesiredState
from ..record.node_record import FOLDER, Record, boot_id
from ..restore import originals
from ..rollback import confirmation
from ..systemd import kubelet_units
from . import attempts


def preview(
    record: Record,
    desired: DesiredState,
    on_disk: list[compare.Difference],
    request: attempts.AttemptRequest = attempts.NO_ATTEMPT,
) -> Result:
    """Return the differences from `desired`, and the actions that are pending already.

    `on_disk` are the differences of the disk.
    """
    removed = compare.to_remove(desired, record)
    in_record = compare.of_record(desired, record)
    only_verifies = not (in_record or removed) and attempts.only_verifies(record, desired, request)
    differs = bool(removed or (on_disk and not only_verifies))
    accepts_loss = request.again and bool(originals.lost(record))
    differences = [each.to_dict() for each in on_disk]
    record_differences = [each.to_dict() for each in in_record + removed]
    return {
        "changed": differs,
        "pending": bool(differs or in_record or accepts_loss or record.config != desired.config),
        "only_verifies": only_verifies,
        "failed_before": attempts.failed_before(record, desired, request),
        "wanted": desired.config,
        "config": record.config,
        "serial": record.serial,
        "machine_id": record.machine_id,
        "awaits_confirmation": confirmation.is_pending(FOLDER),
        "differences": differences,
        "owed_differences": record_differences,
        "fingerprint": fingerprint(differences, record_differences),
        "unreturned": originals.expected(record, compare.to_restore(desired, record)),
        **pending_actions(record),
    }


def pending_actions(record: Record) -> Result:
    """Return the actions pending in this boot, and whether a reboot has completed them."""
    boot = boot_id()
    outstanding, reboot = record.pending(boot), record.needs_reboot(boot)
    return {
        "boot_id": boot,
        "outstanding": outstanding,
        "reboot": reboot,
        "services": bool(outstanding) and not reboot,
        "rebooted": record.awaits_verification(boot),
        "watched": bool(record.debts and (record.debts.watched or record.debts.boot_id != boot)),
        "kubelet": bool(record.debts and kubelet_units.is_affected(record.debts.watched)),
    }


def fingerprint(*differences: list[dict[str, str]]) -> str:
    """Return a digest of the differences on which the actions of an apply are based."""
    without_details = [[{**each, "detail": ""} for each in part] for part in differences]
    return hashlib.sha256(json.dumps(without_details, sort_keys=True).encode()).hexdigest()
