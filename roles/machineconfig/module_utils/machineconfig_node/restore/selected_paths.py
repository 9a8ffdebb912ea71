"""Giving originals back by their paths, whatever stands there now; all else stays as it is.

This is for what is in `Record.unreturned`: no config manages these paths any more.
"""

from __future__ import annotations

import os
from typing import Callable, Dict

from ..base.errors import NodeError
from ..comparison.compare import Difference, Mark
from ..filesystem import created_folders, image
from ..preflight import immutable, writable
from ..record.record import Action, Record
from ..rollback import journal_file, on_failure

Marks = Dict[str, Mark]


def asked_for(record: Record, paths: list[str]) -> Marks:
    """The marks of those of the paths whose originals are kept.

    Raises:
        NodeError: a config manages one of the paths.
    """
    managed = [path for path in paths if path in record.paths or path in record.links]
    if managed:
        raise NodeError(
            f"{', '.join(managed)}: managed by {record.config}, which is in force here",
            "take it out of the MachineConfig; or leave restore_paths out, to give all back",
        )
    kept = {path: record.unreturned.get(path) for path in paths}
    return {path: mark for path, mark in kept.items() if mark and mark["kind"] != "sshkey"}


def differences(marks: Marks) -> list[Difference]:
    """What the disruption policy is asked about."""
    return [
        Difference(mark["kind"], mark["name"], "no longer managed", path)
        for path, mark in marks.items()
    ]


def give_back(  # noqa: PLR0913 - what a transaction rests on
    folder: str,
    record: Record,
    marks: Marks,
    boot_id: str,
    actions: list[Action],
    guard: Callable[[], None] = lambda: None,
) -> None:
    """Put the originals back in one transaction, and leave in the record what is owed.

    `guard` is called when the way back is open and nothing has changed yet.

    Raises:
        NodeError: nothing was changed, and the cause is given.
    """
    writable.prove(marks, folder)
    immutable.prove(marks)
    changed = differences(marks)
    touched = journal_file.Touched(sorted(marks), [])
    journal = journal_file.begin(folder, record, changed, actions, touched, config="")
    with on_failure.kept(folder, journal):
        guard()
        for path, mark in marks.items():
            image.put_back(path, mark["original"], os.path.join(folder, "originals"))
            del record.unreturned[path]
        present = [path for path, mark in record.paths.items() if mark["type"] != "absent"]
        present += [path for path, mark in record.links.items() if mark["type"] != "absent"]
        record.folders = created_folders.leave(record.folders, [*present, *record.unreturned])
        units_changed = any(each.kind == "unit" for each in changed)
        record.owe(boot_id, actions, daemon_reload=units_changed)
        record.watch(journal["watched"], journal["ailing"])
        record.serial += 1
        record.save(folder)
