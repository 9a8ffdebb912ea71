"""Restores the originals of selected paths, whatever they contain now.

The paths are those in `Record.unreturned`, which no config manages.
"""

from __future__ import annotations

import os
from typing import Callable, Dict

from ..base.errors import NodeError
from ..comparison.compare import Difference, Entry
from ..filesystem import created_folders, image
from ..preflight.paths import immutable, writable
from ..record.node_record import Action, Record
from ..rollback import journal_file, on_failure
from . import originals

Entries = Dict[str, Entry]


def select(record: Record, paths: list[str]) -> Entries:
    """Return the entries of those paths whose originals are kept.

    Raises:
        NodeError: the config manages one of the paths.
    """
    managed = [path for path in paths if path in record.paths or path in record.links]
    if managed:
        raise NodeError(
            f"{', '.join(managed)}: managed by {record.config}, the current config",
            "remove it from the MachineConfig; or omit restore_paths, to restore everything",
        )
    kept = {path: record.unreturned.get(path) for path in paths}
    return {path: entry for path, entry in kept.items() if entry and entry["kind"] != "sshkey"}


def differences(entries: Entries) -> list[Difference]:
    """Return the differences for the disruption policy."""
    return [
        Difference(entry["kind"], entry["name"], "no longer managed", path)
        for path, entry in entries.items()
    ]


def restore(  # noqa: PLR0913 - what a transaction needs
    folder: str,
    record: Record,
    entries: Entries,
    boot_id: str,
    actions: list[Action],
    guard: Callable[[], None] = lambda: None,
) -> None:
    """Restore the originals in one transaction, and record the pending actions.

    `guard` is called after the journal is written and before the first change.

    Raises:
        NodeError: an original is lost; or the restore failed, and the disk was rolled back.
    """
    _refuse_lost(entries, os.path.join(folder, "originals"))
    writable.validate(entries, folder)
    immutable.validate(entries)
    changed = differences(entries)
    affected = journal_file.Affected(sorted(entries), [])
    journal = journal_file.begin(folder, record, changed, actions, affected, config="")
    with on_failure.rolled_back(folder, journal):
        guard()
        for path, entry in entries.items():
            image.restore(path, entry["original"], os.path.join(folder, "originals"))
            del record.unreturned[path]
        present = [path for path, entry in record.paths.items() if entry["type"] != "absent"]
        present += [path for path, entry in record.links.items() if entry["type"] != "absent"]
        record.folders = created_folders.remove_unneeded(
            record.folders, [*present, *record.unreturned]
        )
        units_changed = any(each.kind == "unit" for each in changed)
        record.add_pending(boot_id, actions, daemon_reload=units_changed)
        record.watch(journal["watched"], journal["ailing"])
        record.serial += 1
        record.save(folder)


def _refuse_lost(entries: Entries, store: str) -> None:
    lost = [path for path, entry in entries.items() if image.is_lost(entry["original"], store)]
    if lost:
        raise NodeError(
            f"{', '.join(lost)}: the original is lost, as its content in {store} is missing or"
            " damaged",
            f"restore that from a backup; or {originals.ACCEPT}",
        )
