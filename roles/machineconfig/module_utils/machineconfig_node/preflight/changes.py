"""The paths that a desired state changes on this node: written or restored."""

from __future__ import annotations

import dataclasses
import os
from typing import Iterator

from ..comparison import compare
from ..filesystem import image
from ..manifest.desired_state import DesiredPath, DesiredState
from ..record.node_record import Record


@dataclasses.dataclass(frozen=True)
class Changes:
    """The paths to write and the paths to restore; `folder` contains the record."""

    writes: list[DesiredPath]
    restored: list[str]
    record: Record
    folder: str

    @property
    def paths(self) -> list[str]:
        """Every path that changes."""
        return [*(each.path for each in self.writes), *self.restored]

    def units(self) -> list[str]:
        """Return the units whose text or drop-ins change, without masked ones."""
        masked = {each.name for each in self.writes if each.type == "link"}
        texts = [each for each in self.writes if each.kind == "unit" and each.type == "file"]
        return [name for name in dict.fromkeys(each.name for each in texts) if name not in masked]

    def original(self, path: str) -> image.Image:
        """Return the original of a path to restore."""
        original: image.Image = self.record.paths[path]["original"]
        return original

    def originals(self) -> Iterator[tuple[str, str]]:
        """Yield the paths whose original is a file, with the path of its stored content."""
        for path in self.restored:
            store = self.original(path).get("store")
            if store:
                yield path, os.path.join(self.folder, "originals", store)


def of(desired: DesiredState, record: Record, folder: str) -> Changes:
    """Return the changes to the desired state; paths changed by others are not restored."""
    return Changes(
        writes=[
            each
            for each in desired.paths.values()
            if desired.forced or not compare.matches(each.path, each.to_entry())
        ],
        restored=[
            path
            for path, entry in record.paths.items()
            if path not in desired.paths and compare.matches(path, entry)
        ],
        record=record,
        folder=folder,
    )
