"""The paths that a desired state changes on this node: written or restored."""

from __future__ import annotations

import dataclasses
import os
from typing import Container, Iterator, Mapping

from ..comparison import compare
from ..filesystem import image
from ..manifest.desired_state import DesiredPath, DesiredState
from ..record.node_record import Record


@dataclasses.dataclass(frozen=True)
class Changes:
    """The paths to write and the paths to restore; `folder` contains the record.

    Enablement links are apart, since they have no content.
    """

    writes: list[DesiredPath]
    restored: list[str]
    record: Record
    folder: str
    links: list[DesiredPath] = dataclasses.field(default_factory=list)
    restored_links: list[str] = dataclasses.field(default_factory=list)

    @property
    def paths(self) -> list[str]:
        """Every path that changes, without enablement links."""
        return [*(each.path for each in self.writes), *self.restored]

    @property
    def places(self) -> list[str]:
        """Every path that changes."""
        return [*self.paths, *(each.path for each in self.links), *self.restored_links]

    def units(self) -> list[str]:
        """Return the units whose text or drop-ins change, without masked ones."""
        masked = {each.name for each in self.writes if each.type == "link"}
        texts = [each for each in self.writes if each.kind == "unit" and each.type == "file"]
        return [name for name in dict.fromkeys(each.name for each in texts) if name not in masked]

    def original(self, path: str) -> image.Image:
        """Return the original of a path or link to restore."""
        entries = self.record.links if path in self.restored_links else self.record.paths
        original: image.Image = entries[path]["original"]
        return original

    def originals(self) -> Iterator[tuple[str, str]]:
        """Yield the paths whose original is a file, with the path of its stored content."""
        for path in self.restored:
            store = self.original(path).get("store")
            if store:
                yield path, os.path.join(self.folder, "originals", store)


def of(desired: DesiredState, record: Record, folder: str) -> Changes:
    """Return the changes to the desired state.

    Paths that were changed by others, or whose original is lost, are not restored.
    """
    store = os.path.join(folder, "originals")
    return Changes(
        writes=[
            each
            for each in desired.paths.values()
            if desired.forced or not compare.matches(each.path, each.to_entry())
        ],
        restored=_restored(record.paths, desired.paths, store),
        record=record,
        folder=folder,
        links=[
            each
            for each in desired.links.values()
            if not compare.matches(each.path, each.to_entry())
        ],
        restored_links=_restored(record.links, desired.links, store),
    )


def _restored(
    recorded: Mapping[str, compare.Entry], desired: Container[str], store: str
) -> list[str]:
    gone = {path: entry for path, entry in recorded.items() if path not in desired}
    return [
        path
        for path, entry in gone.items()
        if compare.matches(path, entry) and not image.is_lost(entry["original"], store)
    ]
