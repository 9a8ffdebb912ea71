"""What a change would come to on this node, in the members that every phase's result has."""

from __future__ import annotations

import hashlib
import json

from ..base.module import Result
from ..comparison import compare
from ..manifest.desired_state import Desired
from ..record.record import FOLDER, Record, boot_id
from ..restore import originals
from ..rollback import confirmation
from . import attempts


def outlook(
    found: Record,
    wanted: Desired,
    on_disk: list[compare.Difference],
    wish: attempts.Wish = attempts.NO_WISH,
) -> Result:
    """What differs from `wanted`, on the disk as given, and what is owed already.

    By `wish` a config that could not be verified may be applied once more.
    """
    gone = compare.to_remove(wanted, found)
    in_record = compare.in_record(wanted, found)
    only_verifies = not (in_record or gone) and attempts.only_verifies(found, wanted, wish)
    differs = bool(gone or (on_disk and not only_verifies))
    differences = [each.brief() for each in on_disk]
    owed_differences = [each.brief() for each in in_record + gone]
    return {
        "changed": differs,
        "pending": bool(differs or in_record or found.config != wanted.config),
        "only_verifies": only_verifies,
        "failed_before": attempts.failed_alike(found, wanted, wish),
        "wanted": wanted.config,
        "config": found.config,
        "serial": found.serial,
        "machine_id": found.machine_id,
        "awaits_confirmation": confirmation.is_demanded(FOLDER),
        "differences": differences,
        "owed_differences": owed_differences,
        "fingerprint": fingerprint(differences, owed_differences),
        "unreturned": originals.foreseen(found, compare.to_give_back(wanted, found)),
        **debts(found),
    }


def debts(found: Record) -> Result:
    """What is owed in this boot, and whether another boot has done it."""
    boot = boot_id()
    outstanding, reboot = found.outstanding(boot), found.owes_reboot(boot)
    return {
        "boot_id": boot,
        "outstanding": outstanding,
        "reboot": reboot,
        "services": bool(outstanding) and not reboot,
        "rebooted": found.awaits_proof(boot),
        "watched": bool(found.debts and (found.debts.watched or found.debts.boot_id != boot)),
    }


def fingerprint(*decisive: list[dict[str, str]]) -> str:
    """By which one knows again the differences that an apply's actions were decided on."""
    kinds = [[{**each, "detail": ""} for each in differences] for differences in decisive]
    return hashlib.sha256(json.dumps(kinds, sort_keys=True).encode()).hexdigest()
