"""Compare a node with a manifest, or bring it there as one transaction."""

from __future__ import annotations

import dataclasses
import json

from ansible.module_utils.machineconfig_node import (
    applying,
    attempts,
    comparison,
    confirmation,
    desired,
    diffs,
    enablement,
    exposed_paths,
    force_file,
    proofs,
    record,
    replaced_aliases,
)
from ansible.module_utils.machineconfig_node.call import Answer, Asked, turn
from ansible.module_utils.machineconfig_node.errors import NodeError
from ansible.module_utils.machineconfig_node.gathering import Problems
from ansible.module_utils.machineconfig_node.outlook import outlook


def look(asked: Asked) -> Answer:
    """What differs, without touching anything."""
    found = record.load()
    wanted = enablement.resolved(_wanted(asked, forced=force_file.is_there()), found)
    _refuse_what_cut_off(found, wanted, asked)
    wish = attempts.Wish.of(asked, wanted)
    problems, looked, unproven = Problems(), {"only_verifies": False}, []
    with problems.gathered():
        looked = outlook(found, wanted, comparison.on_disk(wanted), wish)
    if asked["prove"] and not looked["only_verifies"]:
        unproven = proofs.gather(problems, wanted, found)
    problems.demand_none()
    cautions = [*replaced_aliases.cautions(wanted), *exposed_paths.cautions(wanted)]
    everything = {"changed": True, "pending": True} if wanted.forced else {}
    seen = {"unproven": unproven, "cautions": cautions, "forced": wanted.forced}
    return {**seen, **looked, **everything, **_shown(asked, wanted, found)}


def do(asked: Asked) -> Answer:
    """Bring the node there under the lock; it goes back by itself unless that is confirmed."""
    wanted = _wanted(asked, forced=asked["forced"])
    with turn(asked["run"]) as found:
        _refuse_what_cut_off(found, wanted, asked)
        if confirmation.is_demanded(record.FOLDER):
            raise NodeError("the last apply was not confirmed yet", "run the update again")
        wanted = enablement.resolved(wanted, found)
        unproven = proofs.prove(wanted, found)
        shown = _shown(asked, wanted, found)
        done = applying.apply(found, wanted, asked)
        return {"unproven": unproven, "forced": wanted.forced, **done, **shown}


def _wanted(asked: Asked, *, forced: bool) -> desired.Desired:
    return dataclasses.replace(desired.read(json.loads(asked["manifest"])), forced=forced)


def _shown(asked: Asked, wanted: desired.Desired, found: record.Record) -> Answer:
    return {"diff": diffs.diffs(wanted, found)} if asked["diff"] else {}


def _refuse_what_cut_off(found: record.Record, wanted: desired.Desired, asked: Asked) -> None:
    reverted = found.reverted
    anew = attempts.Wish.of(asked, wanted).begins_anew(found)
    if reverted.get("cut_off") and reverted["config"] == wanted.config and not anew:
        raise NodeError(
            f"the node has gone back from {wanted.config} by itself: {reverted['cause']}",
            "change the MachineConfig; or have it applied once more: `kubectl mc recover NODE`, "
            "or by hand update.yml with -e machineconfig_again=true",
        )
