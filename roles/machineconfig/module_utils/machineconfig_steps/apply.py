"""Compare a node with a manifest, or bring it there as one transaction."""

from __future__ import annotations

import dataclasses
import json

from ansible.module_utils.machineconfig_node.apply import applying, attempts
from ansible.module_utils.machineconfig_node.apply.preview import outlook
from ansible.module_utils.machineconfig_node.base import force_file
from ansible.module_utils.machineconfig_node.base.errors import NodeError
from ansible.module_utils.machineconfig_node.base.module import Parameters, Result
from ansible.module_utils.machineconfig_node.base.problems import Problems
from ansible.module_utils.machineconfig_node.comparison import compare, diffs
from ansible.module_utils.machineconfig_node.enablement import replaced_aliases, resolving
from ansible.module_utils.machineconfig_node.manifest import desired_state
from ansible.module_utils.machineconfig_node.preflight import exposed_paths, validation
from ansible.module_utils.machineconfig_node.record import record
from ansible.module_utils.machineconfig_node.record.locked_record import locked_record
from ansible.module_utils.machineconfig_node.rollback import confirmation


def look(asked: Parameters) -> Result:
    """What differs, without touching anything."""
    found = record.load()
    wanted = resolving.resolved(_wanted(asked, forced=force_file.is_there()), found)
    _refuse_what_cut_off(found, wanted, asked)
    wish = attempts.Wish.of(asked, wanted)
    problems, looked, unproven = Problems(), {"only_verifies": False}, []
    with problems.gathered():
        looked = outlook(found, wanted, compare.on_disk(wanted), wish)
    if asked["prove"] and not looked["only_verifies"]:
        unproven = validation.gather(problems, wanted, found)
    problems.demand_none()
    cautions = [*replaced_aliases.cautions(wanted), *exposed_paths.cautions(wanted)]
    everything = {"changed": True, "pending": True} if wanted.forced else {}
    seen = {"unproven": unproven, "cautions": cautions, "forced": wanted.forced}
    return {**seen, **looked, **everything, **_shown(asked, wanted, found)}


def do(asked: Parameters) -> Result:
    """Bring the node there under the lock; it goes back by itself unless that is confirmed."""
    wanted = _wanted(asked, forced=asked["forced"])
    with locked_record(asked["run"]) as found:
        _refuse_what_cut_off(found, wanted, asked)
        if confirmation.is_demanded(record.FOLDER):
            raise NodeError("the last apply was not confirmed yet", "run the update again")
        wanted = resolving.resolved(wanted, found)
        unproven = validation.prove(wanted, found)
        shown = _shown(asked, wanted, found)
        done = applying.apply(found, wanted, asked)
        return {"unproven": unproven, "forced": wanted.forced, **done, **shown}


def _wanted(asked: Parameters, *, forced: bool) -> desired_state.Desired:
    return dataclasses.replace(desired_state.read(json.loads(asked["manifest"])), forced=forced)


def _shown(asked: Parameters, wanted: desired_state.Desired, found: record.Record) -> Result:
    return {"diff": diffs.diffs(wanted, found)} if asked["diff"] else {}


def _refuse_what_cut_off(
    found: record.Record, wanted: desired_state.Desired, asked: Parameters
) -> None:
    reverted = found.reverted
    anew = attempts.Wish.of(asked, wanted).begins_anew(found)
    if reverted.get("cut_off") and reverted["config"] == wanted.config and not anew:
        raise NodeError(
            f"the node has gone back from {wanted.config} by itself: {reverted['cause']}",
            "change the MachineConfig; or have it applied once more: `kubectl mc recover NODE`, "
            "or by hand update.yml with -e machineconfig_again=true",
        )
