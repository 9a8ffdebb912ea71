"""Give every original back, as one transaction, and leave a tombstone."""

from __future__ import annotations

import dataclasses
import os

from ansible.module_utils.machineconfig_node import (
    applying,
    comparison,
    confirmation,
    desired,
    diffs,
    record,
    returning,
)
from ansible.module_utils.machineconfig_node.call import Answer, Asked, turn
from ansible.module_utils.machineconfig_node.errors import NodeError
from ansible.module_utils.machineconfig_node.outlook import outlook

NOTHING = desired.Desired(config="", paths={}, enablement={}, user="", keys=[])


def look(asked: Asked) -> Answer:
    """What would be given back, without touching anything."""
    found = record.load()
    looked = outlook(found, NOTHING, comparison.on_disk(NOTHING))
    return {**_all_of_it(looked, returning.again(found)), **_shown(asked, found)}


def do(asked: Asked) -> Answer:
    """Give all back under the lock; the config comes back by itself unless that is confirmed."""
    with turn(asked["run"]) as found:
        if confirmation.is_demanded(record.FOLDER):
            raise NodeError("the last apply was not confirmed yet", "run the restore again")
        shown, again = _shown(asked, found), returning.again(found)
        nothing = dataclasses.replace(NOTHING, forced=bool(again))
        given_back = applying.apply(found, nothing, asked, _tombstone(found))
        return {**_all_of_it(given_back, again), **shown}


def _all_of_it(looked: Answer, again: list[comparison.Difference]) -> Answer:
    """To leave the last config is a change, even where the disk stays as it is."""
    pending = looked["pending"] or bool(again)
    owed = [*looked["owed_differences"], *(each.brief() for each in again)]
    return {**looked, "owed_differences": owed, "pending": pending, "changed": pending}


def _shown(asked: Asked, found: record.Record) -> Answer:
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
