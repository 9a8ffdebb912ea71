"""What a change would come to on this node, in the members that every phase's result has."""

from __future__ import annotations

import hashlib
import json

from ..base.module import Result
from ..comparison import compare
from ..manifest.desired_state import DesiredState
from ..record.node_record import FOLDER, Record, boot_id
from ..restore import originals
from ..rollback import confirmation
from . import attempts


def preview(
    record: Record,
    desired: DesiredState,
    on_disk: list[compare.Difference],
    request: attempts.AttemptRequest = attempts.NO_ATTEMPT,
) -> Result:
    """What differs from `wanted`, on the disk as given, and what is owed already.

    By `wish` a config that could not be verified may be applied once more.
    """
    gone = compare.to_remove(desired, record)
    in_record = compare.of_record(desired, record)
    only_verifies = not (in_record or gone) and attempts.only_verifies(record, desired, request)
    differs = bool(gone or (on_disk and not only_verifies))
    differences = [each.to_dict() for each in on_disk]
    owed_differences = [each.to_dict() for each in in_record + gone]
    return {
        "changed": differs,
        "pending": bool(differs or in_record or record.config != desired.config),
        "only_verifies": only_verifies,
        "failed_before": attempts.failed_before(record, desired, request),
        "wanted": desired.config,
        "config": record.config,
        "serial": record.serial,
        "machine_id": record.machine_id,
        "awaits_confirmation": confirmation.is_pending(FOLDER),
        "differences": differences,
        "owed_differences": owed_differences,
        "fingerprint": fingerprint(differences, owed_differences),
        "unreturned": originals.expected(record, compare.to_restore(desired, record)),
        **pending_actions(record),
    }


def pending_actions(record: Record) -> Result:
    """What is owed in this boot, and whether another boot has done it."""
    boot = boot_id()
    outstanding, reboot = record.pending(boot), record.needs_reboot(boot)
    return {
        "boot_id": boot,
        "outstanding": outstanding,
        "reboot": reboot,
        "services": bool(outstanding) and not reboot,
        "rebooted": record.awaits_verification(boot),
        "watched": bool(record.debts and (record.debts.watched or record.debts.boot_id != boot)),
    }


def fingerprint(*decisive: list[dict[str, str]]) -> str:
    """By which one knows again the differences that an apply's actions were decided on."""
    kinds = [[{**each, "detail": ""} for each in differences] for differences in decisive]
    return hashlib.sha256(json.dumps(kinds, sort_keys=True).encode()).hexdigest()
