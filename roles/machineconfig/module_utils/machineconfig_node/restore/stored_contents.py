"""The stored contents of originals, which are removed when no longer needed."""

from __future__ import annotations

import os

from ..filesystem import durable
from ..record import record_files
from ..record.node_record import Record
from ..rollback import journal_file


def remove_unused(folder: str, record: Record) -> None:
    """Remove the contents that the record does not refer to, unless a rollback may need them."""
    if journal_file.read(folder) is not None:
        return
    entries = (record.paths, record.links, record.unreturned)
    named = {each.get("original", {}).get("store") for part in entries for each in part.values()}
    store = os.path.join(folder, "originals")
    for name in set(os.listdir(store)) - {os.path.basename(record_files.INDEX)}:
        if name not in named and not name.startswith(durable.PREFIX):
            durable.remove(os.path.join(store, name))
