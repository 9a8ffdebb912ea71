"""Which paths a manifest changes on this node: what it writes, and what it takes back."""

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
    """The paths to be written and those to be given back; the record in `folder` knows as what."""

    writes: list[DesiredPath]
    restored: list[str]
    record: Record
    folder: str

    @property
    def paths(self) -> list[str]:
        """Every path that changes."""
        return [*(each.path for each in self.writes), *self.restored]

    def units(self) -> list[str]:
        """The units that get a text or a drop-in, but for those that are masked."""
        masked = {each.name for each in self.writes if each.type == "link"}
        texts = [each for each in self.writes if each.kind == "unit" and each.type == "file"]
        return [name for name in dict.fromkeys(each.name for each in texts) if name not in masked]

    def original(self, path: str) -> image.Image:
        """What a path that goes is given back as."""
        original: image.Image = self.record.paths[path]["original"]
        return original

    def originals(self) -> Iterator[tuple[str, str]]:
        """The paths that get a file back, each with where that is kept."""
        for path in self.restored:
            store = self.original(path).get("store")
            if store:
                yield path, os.path.join(self.folder, "originals", store)


def of(desired: DesiredState, record: Record, folder: str) -> Changes:
    """What has to change for the node to be as desired; what others have changed is left."""
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
