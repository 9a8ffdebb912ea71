"""Whether the next boot still starts what it should, with the unit files and links of a change.

systemd breaks an ordering cycle by not starting one of its units, which may be sshd. Cycles and
conflicts can arise between units that are valid by themselves, so the whole boot is computed.
"""

from __future__ import annotations

import dataclasses
import os
from typing import Callable, Iterable, Iterator

from ...base.view import View
from ...systemd import boot_transaction, dry_run, enablement_links, kubelet_units, ordering_cycles
from ...systemd.boot_transaction import BootTransaction
from ...systemd.ordering_cycles import Cycle
from ..changes import Changes
from . import unit_files, unit_settings

# Generators make units of these files at each boot.
_GENERATED_FROM = {"/etc/fstab", "/etc/crypttab"}
_GENERATORS = "/system-generators/"
_TARGETS = (boot_transaction.DEFAULT_TARGET, "rescue.target", "emergency.target")
# Where cycles exist, systemd may find others of them each time.
_ATTEMPTS = 3
# Without these, nobody can log in.
_SSH_AND_NETWORK = {
    "ssh.service",
    "ssh.socket",
    "sshd.service",
    "sshd.socket",
    "NetworkManager.service",
    "networking.service",
    "systemd-networkd.service",
    "wicked.service",
}


def checks(change: Changes, today: View) -> list[Callable[[View], Iterable[str]]]:
    """Return the check of the next boot if the change affects what it starts.

    What is wrong `today` already is no problem of the change.
    """
    paths = set(change.places)
    affected = {_unit_of(path) for path in paths} - {""}
    generated = paths & _GENERATED_FROM
    # A generator that changes does not run before it is applied.
    generates = bool(generated) and not any(_GENERATORS in path for path in paths)
    if not affected and not generated:
        return []
    taken = {_unit_of(path) for path in _taken_away(change)}
    return [_Check(frozenset(affected), frozenset(taken), generates, today).problems]


def _taken_away(change: Changes) -> Iterator[str]:
    """Yield the paths of unit files and links that are masked or removed."""
    masked = (each.path for each in change.writes if each.type != "file")
    removed = (each.path for each in change.links if each.type == "absent")
    for path in (*masked, *removed, *change.restored, *change.restored_links):
        if not os.path.dirname(path).endswith(".d"):
            yield path


@dataclasses.dataclass(frozen=True)
class _Check:
    """The units that a change affects, and those of them that it masks, disables or removes.

    `generates` is whether generators have to run for it; `today` is the node as it is.
    """

    changed: frozenset[str]
    taken: frozenset[str]
    generates: bool
    today: View

    def problems(self, view: View) -> Iterator[str]:
        """Yield the problems that the view adds to those of today."""
        if view == self.today:
            return
        today, found = self._boot(self.today), self._boot(view)
        is_cyclic = any(not cycle.dropped for cycle in found.cycles)
        if found.impossible and not today.impossible and not is_cyclic:
            yield f"the next boot would start nothing: {found.impossible}"
        yield from self._cycles(view)
        yield from self._conflicts(found.conflicting - today.conflicting, view)
        if not found.impossible:
            yield from self._lost(today.started - found.wanted)

    def _boot(self, view: View, target: str = boot_transaction.DEFAULT_TARGET) -> BootTransaction:
        return boot_transaction.compute(view, target, generates=self.generates)

    def _cycles(self, view: View) -> Iterator[str]:
        cycles = self._cycles_in(view)
        today = self._cycles_in(self.today, _ATTEMPTS) if cycles else []
        if today:
            cycles += self._cycles_in(view, _ATTEMPTS)
        for cycle in ordering_cycles.distinct(cycles, today):
            changed = [each for each in cycle.units if each in self.changed]
            first = (changed or cycle.units)[0]
            yield (
                f"{', '.join(changed) or first}: an ordering cycle in the next boot:"
                f" {cycle.around(first)} (each waits for the next one); {_consequence(cycle)}:"
                " change After=, Before= or [Install] of one of them"
            )

    def _cycles_in(self, view: View, attempts: int = 1) -> list[Cycle]:
        targets = _TARGETS * attempts
        return [cycle for target in targets for cycle in self._boot(view, target).cycles]

    def _conflicts(self, units: Iterable[str], view: View) -> Iterator[str]:
        for unit in sorted(units):
            others = ", ".join(self._opponents(unit, view)) or "another unit that it starts"
            yield (
                f"{unit}: the next boot would not start it, since it conflicts with {others}:"
                " write `enabled: false` or `mask: true` for the one that is not to run"
            )

    def _opponents(self, unit: str, view: View) -> list[str]:
        conflicts = {each: _conflicts_of(each, view) for each in self.changed}
        return sorted(
            each
            for each in {*self.changed, *conflicts.get(unit, ())}
            if unit in conflicts.get(each, ()) or each in conflicts.get(unit, ())
        )

    def _lost(self, units: Iterable[str]) -> Iterator[str]:
        for unit in sorted(units):
            is_essential = unit in _SSH_AND_NETWORK or kubelet_units.is_affected([unit])
            if is_essential and unit not in self.taken:
                changed = ", ".join(sorted(self.changed))
                yield (
                    f"{unit}: the next boot would not start it any more, because of the change of"
                    f" {changed}: write `enabled: false` for {unit} as well if this is meant"
                )


def _unit_of(path: str) -> str:
    """Return the unit to which a unit file, drop-in or enablement link belongs; else empty."""
    folder = next((each for each in dry_run.FOLDERS if path.startswith(f"{each}/")), "")
    first, _, rest = path[len(folder) + 1 :].partition("/")
    if not folder:
        return ""
    if enablement_links.is_dependency_folder(first):
        return rest
    return first[: -len(".d")] if rest else first


def _conflicts_of(unit: str, view: View) -> set[str]:
    values = unit_settings.settings(unit_files.text(unit, view))["Conflicts"]
    return {name for value in values for name in value.split()}


def _consequence(cycle: Cycle) -> str:
    if cycle.dropped:
        return f"systemd would not start {cycle.dropped}, or another one of them"
    return "systemd could not break it, and would start nothing"
