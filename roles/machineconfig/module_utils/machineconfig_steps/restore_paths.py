"""Restore the originals of selected paths, whatever they contain; the config stays."""

from __future__ import annotations

from ansible.module_utils.machineconfig_node.apply.preview import fingerprint, pending_actions
from ansible.module_utils.machineconfig_node.base.errors import NodeError
from ansible.module_utils.machineconfig_node.base.module import Parameters, Result
from ansible.module_utils.machineconfig_node.comparison import diffs
from ansible.module_utils.machineconfig_node.record import node_record
from ansible.module_utils.machineconfig_node.record.locked_record import locked_record
from ansible.module_utils.machineconfig_node.restore import originals, selected_paths
from ansible.module_utils.machineconfig_node.rollback import confirmation, journal_file, watchdog


def check(parameters: Parameters) -> Result:
    """Return what would be restored, without changing anything."""
    record = node_record.load()
    entries = _selected(record, parameters)
    return {**_preview(record, entries, parameters), **_shown(entries, parameters)}


def perform(parameters: Parameters) -> Result:
    """Restore the originals under the lock, with the watchdog started."""
    with locked_record(parameters["run"]) as record:
        if confirmation.is_pending(node_record.FOLDER):
            raise NodeError("the last change is not confirmed yet", "run the restore again")
        entries = _selected(record, parameters)
        before, shown = _preview(record, entries, parameters), _shown(entries, parameters)
        if not entries or before["fingerprint"] != parameters["fingerprint"]:
            return {**before, **shown}

        def guard() -> None:
            watchdog.start(node_record.FOLDER, parameters["confirm_timeout"])

        boot_id, actions = node_record.boot_id(), parameters["actions"]
        selected_paths.restore(node_record.FOLDER, record, entries, boot_id, actions, guard)
        return {**before, **shown, **_state(record)}


def _selected(record: node_record.Record, parameters: Parameters) -> selected_paths.Entries:
    """Return the entries to restore, if the last update of the node is verified.

    Otherwise settling the restore would also drop the pending actions of the update.
    """
    if record.debts is not None and not journal_file.is_of_restore(node_record.FOLDER):
        raise NodeError(
            f"{record.config} was applied but is not verified yet",
            "run playbooks/update.yml with it, or wait for the controller, and then retry",
        )
    return selected_paths.select(record, parameters["paths"])


def _preview(
    record: node_record.Record, entries: selected_paths.Entries, parameters: Parameters
) -> Result:
    """Return the preview with the keys that every phase returns."""
    differences = [each.to_dict() for each in selected_paths.differences(entries)]
    return {
        "changed": bool(entries),
        "pending": bool(entries),
        "by_path": True,
        "unknown": [path for path in parameters["paths"] if path not in entries],
        "only_verifies": False,
        "failed_before": {},
        "wanted": record.config,
        "config": record.config,
        "machine_id": record.machine_id,
        "differences": [],
        "owed_differences": differences,
        "fingerprint": fingerprint(differences),
        **_state(record),
        "unreturned": [],
    }


def _state(record: node_record.Record) -> Result:
    return {
        "serial": record.serial,
        "awaits_confirmation": confirmation.is_pending(node_record.FOLDER),
        "unreturned": originals.not_restored(record),
        **pending_actions(record),
    }


def _shown(entries: selected_paths.Entries, parameters: Parameters) -> Result:
    return {"diff": diffs.of_restored(entries)} if parameters["diff"] else {}
