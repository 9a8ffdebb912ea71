"""Give every original back, as one transaction, and leave a tombstone."""

from __future__ import annotations

import dataclasses
import os

from ansible.module_utils.machineconfig_node.apply import applying
from ansible.module_utils.machineconfig_node.apply.preview import preview
from ansible.module_utils.machineconfig_node.base.errors import NodeError
from ansible.module_utils.machineconfig_node.base.module import Parameters, Result
from ansible.module_utils.machineconfig_node.comparison import compare, diffs
from ansible.module_utils.machineconfig_node.manifest import desired_state
from ansible.module_utils.machineconfig_node.record import node_record
from ansible.module_utils.machineconfig_node.record.locked_record import locked_record
from ansible.module_utils.machineconfig_node.restore import originals
from ansible.module_utils.machineconfig_node.rollback import confirmation

NOTHING = desired_state.DesiredState(config="", paths={}, enablement={}, user="", keys=[])


def check(parameters: Parameters) -> Result:
    """What would be given back, without touching anything."""
    record = node_record.load()
    looked = preview(record, NOTHING, compare.of_disk(NOTHING))
    return {**_all_of_it(looked, originals.to_retry(record)), **_shown(parameters, record)}


def perform(parameters: Parameters) -> Result:
    """Give all back under the lock; the config comes back by itself unless that is confirmed."""
    with locked_record(parameters["run"]) as record:
        if confirmation.is_pending(node_record.FOLDER):
            raise NodeError("the last apply was not confirmed yet", "run the restore again")
        shown, again = _shown(parameters, record), originals.to_retry(record)
        nothing = dataclasses.replace(NOTHING, forced=bool(again))
        given_back = applying.apply(record, nothing, parameters, _tombstone(record))
        return {**_all_of_it(given_back, again), **shown}


def _all_of_it(looked: Result, again: list[compare.Difference]) -> Result:
    """To leave the last config is a change, even where the disk stays as it is."""
    pending = looked["pending"] or bool(again)
    owed = [*looked["owed_differences"], *(each.to_dict() for each in again)]
    return {**looked, "owed_differences": owed, "pending": pending, "changed": pending}


def _shown(parameters: Parameters, record: node_record.Record) -> Result:
    return {"diff": diffs.of_change(NOTHING, record)} if parameters["diff"] else {}


def _tombstone(record: node_record.Record) -> dict[str, str]:
    if not record.config:
        known: dict[str, str] = record.tombstone
        return known
    return {
        "by": os.environ.get("SUDO_USER", "root"),
        "at": node_record.now(),
        "config": record.config,
    }
