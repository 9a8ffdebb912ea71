"""Resolves `enabled` of units to the links that it requires on this node.

A unit is enabled if all links of its [Install] section exist, and disabled if none of its links
exists. The links are determined by a dry run with the unit files as they will be, and by one with
the original unit files, whose links are removed.
"""

from __future__ import annotations

import dataclasses
import os
from typing import Any, Iterator

from ..base.errors import BelowLinkError
from ..comparison.compare import matches
from ..filesystem import safe_paths
from ..manifest.desired_state import DesiredPath, DesiredState
from ..record import node_record
from ..record.node_record import Record
from ..systemd import dry_run, enablement_links
from ..systemd.dry_run import EnableResult, UnitFiles
from . import masks, refusals


def resolve(
    desired: DesiredState, record: Record, folder: str = node_record.FOLDER
) -> DesiredState:
    """Add what depends on the node: masks to remove, enablement links and refusals."""
    desired = masks.resolve(desired, record)
    if not desired.enablement:
        return desired
    with dry_run.copied(desired.enablement) as units:
        _restore_originals(units, record, folder)
        before = _try_enabling(units, desired)
        _put_desired(units, desired)
        results = _try_enabling(units, desired)
        refused = dict(_refused(units, desired, results))
    plan = _Plan(desired, record, before, results)
    refused_all = {**desired.refused, **refused}
    return dataclasses.replace(desired, links=plan.links(refused), refused=refused_all)


def _try_enabling(units: UnitFiles, desired: DesiredState) -> dict[str, EnableResult]:
    return {unit: units.enable(unit) for unit in desired.enablement}


def _refused(
    units: UnitFiles, desired: DesiredState, results: dict[str, EnableResult]
) -> Iterator[tuple[str, str]]:
    for unit, enabled in desired.enablement.items():
        if enabled:
            why = refusals.of_enabling(units, unit, results[unit])
        else:
            why = refusals.of_disabling(units, unit)
        if why:
            yield unit, why


def _restore_originals(units: UnitFiles, record: Record, folder: str) -> None:
    """Bring the copied unit files to their originals."""
    managed = {**record.paths, **record.links}
    unchanged = [path for path in managed if units.covers(path) and matches(path, managed[path])]
    for path in unchanged:
        original = managed[path]["original"]
        units.put(path, original, _stored(original, folder))


def _stored(original: dict[str, Any], folder: str) -> bytes:
    return _content(os.path.join(folder, "originals", original.get("store", "")))


def _content(path: str) -> bytes:
    try:
        return safe_paths.read_bytes(path)
    except (FileNotFoundError, BelowLinkError):
        return b""


def _put_desired(units: UnitFiles, desired: DesiredState) -> None:
    for path, desired_path in desired.paths.items():
        if units.covers(path):
            # A check has only the digests of files.
            content = _content(path) if desired_path.sha256 else desired_path.content
            units.put(path, desired_path.to_entry(), content)


@dataclasses.dataclass(frozen=True)
class _Plan:
    """The links of a desired state, from the dry runs with original and desired unit files."""

    desired: DesiredState
    record: Record
    before: dict[str, EnableResult]
    results: dict[str, EnableResult]

    def links(self, refused: dict[str, str]) -> dict[str, DesiredPath]:
        """Return the desired links by path; if two units disagree, the link exists."""
        kept: dict[str, DesiredPath] = {}
        absent: dict[str, DesiredPath] = {}
        present: dict[str, DesiredPath] = {}
        for unit, enabled in self.desired.enablement.items():
            links = self.results[unit].links
            if unit in refused:
                kept.update(self._as_recorded(unit))
            elif enabled:
                present.update(self._present(unit, links))
                absent.update(_absent(unit, self.before[unit].links.keys() - links.keys()))
            else:
                absent.update(_absent(unit, self._to_remove(unit, links)))
        found = {**kept, **absent, **present}
        # A unit file of its own replaces the alias of another unit.
        return {path: each for path, each in found.items() if path not in self.desired.paths}

    def _present(
        self, unit: str, links: enablement_links.Links
    ) -> Iterator[tuple[str, DesiredPath]]:
        for path, target in links.items():
            if not self._is_of_disabled(unit, path, target):
                original = self.record.links.get(path, {}).get("original", {})
                spelled = enablement_links.keep_spelling(path, target, original.get("target", ""))
                yield path, DesiredPath(path, "unit", unit, "link", target=spelled)

    def _is_of_disabled(self, unit: str, path: str, target: str) -> bool:
        """Whether the link belongs, by Also=, to a unit that is disabled by its own name."""
        names = {os.path.basename(path), os.path.basename(target)} - {dry_run.template(unit)}
        return not all(self.desired.enablement.get(name, True) for name in names)

    def _to_remove(self, unit: str, links: enablement_links.Links) -> set[str]:
        there = {path for path in links if os.path.lexists(path)}
        return {*enablement_links.of(unit), *there, *_recorded(self.record, unit)}

    def _as_recorded(self, unit: str) -> Iterator[tuple[str, DesiredPath]]:
        for path in _recorded(self.record, unit):
            entry = self.record.links[path]
            yield (
                path,
                DesiredPath(path, "unit", unit, entry["type"], target=entry.get("target", "")),
            )


def _absent(unit: str, paths: set[str]) -> Iterator[tuple[str, DesiredPath]]:
    return ((path, DesiredPath(path, "unit", unit, "absent")) for path in sorted(paths))


def _recorded(record: Record, unit: str) -> list[str]:
    return [path for path, entry in record.links.items() if entry["name"] == unit]
