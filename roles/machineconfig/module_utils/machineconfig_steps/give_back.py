"""Give the originals of some paths back, whatever stands there; the rest stays on its config."""

from __future__ import annotations

from ansible.module_utils.machineconfig_node.apply.preview import debts, fingerprint
from ansible.module_utils.machineconfig_node.base.errors import NodeError
from ansible.module_utils.machineconfig_node.base.module import Parameters, Result
from ansible.module_utils.machineconfig_node.comparison import diffs
from ansible.module_utils.machineconfig_node.record import record
from ansible.module_utils.machineconfig_node.record.locked_record import locked_record
from ansible.module_utils.machineconfig_node.restore import originals, selected_paths
from ansible.module_utils.machineconfig_node.rollback import confirmation, journal_file, watchdog


def look(asked: Parameters) -> Result:
    """What would be given back, without touching anything."""
    found = record.load()
    marks = _asked_for(found, asked)
    return {**_outlook(found, marks, asked), **_shown(marks, asked)}


def do(asked: Parameters) -> Result:
    """Give them back under the lock; that is undone by itself unless it is confirmed."""
    with locked_record(asked["run"]) as found:
        if confirmation.is_demanded(record.FOLDER):
            raise NodeError("the last change was not confirmed yet", "run the restore again")
        marks = _asked_for(found, asked)
        before, shown = _outlook(found, marks, asked), _shown(marks, asked)
        if not marks or before["fingerprint"] != asked["fingerprint"]:
            return {**before, **shown}

        def guard() -> None:
            watchdog.demand(record.FOLDER, asked["confirm_timeout"])

        boot_id, actions = record.boot_id(), asked["actions"]
        selected_paths.give_back(record.FOLDER, found, marks, boot_id, actions, guard)
        return {**before, **shown, **_standing(found)}


def _asked_for(found: record.Record, asked: Parameters) -> selected_paths.Marks:
    """What is to be given back on a node whose last update is proven.

    Otherwise its debts would be struck with those of the originals, and it would never be.
    """
    if found.debts is not None and not journal_file.gives_originals_back(record.FOLDER):
        raise NodeError(
            f"{found.config} was applied and not yet verified here",
            "run playbooks/update.yml with it, or let the controller finish, and then this again",
        )
    return selected_paths.asked_for(found, asked["paths"])


def _outlook(found: record.Record, marks: selected_paths.Marks, asked: Parameters) -> Result:
    """In the members that every phase's result has."""
    owed = [each.brief() for each in selected_paths.differences(marks)]
    return {
        "changed": bool(marks),
        "pending": bool(marks),
        "by_path": True,
        "unknown": [path for path in asked["paths"] if path not in marks],
        "only_verifies": False,
        "failed_before": {},
        "wanted": found.config,
        "config": found.config,
        "machine_id": found.machine_id,
        "differences": [],
        "owed_differences": owed,
        "fingerprint": fingerprint(owed),
        **_standing(found),
        "unreturned": [],
    }


def _standing(found: record.Record) -> Result:
    return {
        "serial": found.serial,
        "awaits_confirmation": confirmation.is_demanded(record.FOLDER),
        "unreturned": originals.unreturned(found),
        **debts(found),
    }


def _shown(marks: selected_paths.Marks, asked: Parameters) -> Result:
    return {"diff": diffs.given_back(marks)} if asked["diff"] else {}
