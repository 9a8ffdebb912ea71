"""Restore all originals in one transaction, and leave a tombstone."""

from __future__ import annotations

import dataclasses
import os

from ansible.module_utils.machineconfig_node.apply import applying
from ansible.module_utils.machineconfig_node.apply.preview import preview
from ansible.module_utils.machineconfig_node.base.errors import NodeError
from ansible.module_utils.machineconfig_node.base.module import Parameters, Result
from ansible.module_utils.machineconfig_node.comparison import compare, diffs
from ansible.module_utils.machineconfig_node.manifest import desired_state
from ansible.module_utils.machineconfig_node.preflight.paths import other_users
from ansible.module_utils.machineconfig_node.record import node_record
from ansible.module_utils.machineconfig_node.record.locked_record import locked_record
from ansible.module_utils.machineconfig_node.restore import originals
from ansible.module_utils.machineconfig_node.rollback import confirmation

NOTHING = desired_state.DesiredState(config="", paths={}, enablement={}, user="", keys=[])


def check(parameters: Parameters) -> Result:
    """Return what would be restored, without changing anything."""
    record = node_record.load()
    previewed = preview(record, NOTHING, compare.of_disk(NOTHING))
    cautions = {"cautions": list(other_users.warnings(NOTHING, record))}
    retried = _with_retries(previewed, originals.to_retry(record))
    return {**retried, **cautions, **_shown(parameters, record)}


def perform(parameters: Parameters) -> Result:
    """Restore everything under the lock, with the watchdog started."""
    with locked_record(parameters["run"]) as record:
        if confirmation.is_pending(node_record.FOLDER):
            raise NodeError("the last apply is not confirmed yet", "run the restore again")
        shown, again = _shown(parameters, record), originals.to_retry(record)
        nothing = dataclasses.replace(NOTHING, forced=bool(again))
        applied = applying.apply(record, nothing, parameters, _tombstone(record))
        return {**_with_retries(applied, again), **shown}


def _with_retries(previewed: Result, again: list[compare.Difference]) -> Result:
    """Add the retries; leaving the config is a change even if the disk is unchanged."""
    pending = previewed["pending"] or bool(again)
    differences = [*previewed["owed_differences"], *(each.to_dict() for each in again)]
    return {**previewed, "owed_differences": differences, "pending": pending, "changed": pending}


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
