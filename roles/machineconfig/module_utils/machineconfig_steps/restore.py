"""Give every original back, as one transaction, and leave a tombstone."""

from __future__ import annotations

import dataclasses
import os

from ansible.module_utils.machineconfig_node.apply import applying
from ansible.module_utils.machineconfig_node.apply.preview import outlook
from ansible.module_utils.machineconfig_node.base.errors import NodeError
from ansible.module_utils.machineconfig_node.base.module import Parameters, Result
from ansible.module_utils.machineconfig_node.comparison import compare, diffs
from ansible.module_utils.machineconfig_node.manifest import desired_state
from ansible.module_utils.machineconfig_node.record import record
from ansible.module_utils.machineconfig_node.record.locked_record import locked_record
from ansible.module_utils.machineconfig_node.restore import originals
from ansible.module_utils.machineconfig_node.rollback import confirmation

NOTHING = desired_state.Desired(config="", paths={}, enablement={}, user="", keys=[])


def look(asked: Parameters) -> Result:
    """What would be given back, without touching anything."""
    found = record.load()
    looked = outlook(found, NOTHING, compare.on_disk(NOTHING))
    return {**_all_of_it(looked, originals.again(found)), **_shown(asked, found)}


def do(asked: Parameters) -> Result:
    """Give all back under the lock; the config comes back by itself unless that is confirmed."""
    with locked_record(asked["run"]) as found:
        if confirmation.is_demanded(record.FOLDER):
            raise NodeError("the last apply was not confirmed yet", "run the restore again")
        shown, again = _shown(asked, found), originals.again(found)
        nothing = dataclasses.replace(NOTHING, forced=bool(again))
        given_back = applying.apply(found, nothing, asked, _tombstone(found))
        return {**_all_of_it(given_back, again), **shown}


def _all_of_it(looked: Result, again: list[compare.Difference]) -> Result:
    """To leave the last config is a change, even where the disk stays as it is."""
    pending = looked["pending"] or bool(again)
    owed = [*looked["owed_differences"], *(each.brief() for each in again)]
    return {**looked, "owed_differences": owed, "pending": pending, "changed": pending}


def _shown(asked: Parameters, found: record.Record) -> Result:
    return {"diff": diffs.diffs(NOTHING, found)} if asked["diff"] else {}


def _tombstone(found: record.Record) -> dict[str, str]:
    if not found.config:
        known: dict[str, str] = found.tombstone
        return known
    return {
        "by": os.environ.get("SUDO_USER", "root"),
        "at": record.now(),
        "config": found.config,
    }
