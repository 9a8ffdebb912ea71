"""One transaction over all that a manifest changes: every path old, or every path new.

It is committed by the record's next serial. The way back stays open until the node is settled.
"""

from __future__ import annotations

import os
from typing import Callable, Iterator

from . import (
    authorized_keys,
    comparison,
    confirmation,
    folders,
    image,
    placing,
    selinux,
    services,
    systemd,
    undo,
)
from .desired import Desired
from .errors import NodeError
from .record import Action, Record, now


class Transaction:
    """Brings the node from its record to `desired`; call `run()` while the lock is held."""

    def __init__(
        self,
        folder: str,
        record: Record,
        desired: Desired,
        boot_id: str,
        tombstone: dict[str, str] | None = None,
    ) -> None:
        self.folder = folder
        self.record = record
        self.desired = desired
        self.boot_id = boot_id
        self.tombstone = tombstone or {}
        self.left: list[str] = []

    def run(self, actions: list[Action], guard: Callable[[], None] = lambda: None) -> None:
        """Apply, and leave in the record what was done and what is owed.

        `guard` is called when the way back is open and nothing has changed yet.
        """
        gone = comparison.to_remove(self.desired, self.record)
        changed = [*comparison.to_write(self.desired), *gone]
        units_changed = any(each.kind == "unit" for each in changed)
        journal = undo.begin(self.folder, self.record, changed, actions)
        try:
            if changed:
                guard()
            self._take_units_away(gone)
            self._write_paths(changed)
            self._give_paths_back(gone)
            self._leave_folders(journal["folders"])
            self._set_enablement()
            self._write_keys(gone)
            self._commit(journal, _owed(actions, _lost(gone)), daemon_reload=units_changed)
        except Exception as error:
            left = undo.roll_back(self.folder, journal)
            # Where something is left, the timer and whoever comes next try it again.
            if not left:
                undo.discard(self.folder)
                confirmation.confirm(self.folder)
            raise _failed(error, left) from error
        services.stop_lost(self.folder, self.record)

    def _take_units_away(self, gone: list[comparison.Difference]) -> None:
        for unit in _enablements(gone):
            before = self.record.units.pop(unit)["before"]
            if before != "not-found":
                systemd.set_enablement(unit, enabled=before in systemd.ENABLED)
            elif systemd.has_enablement(unit, enabled=True):
                systemd.set_enablement(unit, enabled=False)

    def _write_paths(self, changed: list[comparison.Difference]) -> None:
        differing = {each.path for each in changed}
        contexts = selinux.contexts(sorted(differing & self.desired.paths.keys()))
        for path, wanted in self.desired.paths.items():
            original = self._original(path)
            if path in differing:
                placing.put(path, wanted, contexts.get(path, ""))
            self.record.paths[path] = {**wanted.mark(), "original": original}

    def _original(self, path: str) -> image.Image:
        """What was there at the first takeover; it is kept for as long as the path is managed."""
        if path in self.record.paths:
            known: image.Image = self.record.paths[path]["original"]
            return known
        return image.take(path, os.path.join(self.folder, "originals", undo.store_name(path)))

    def _give_paths_back(self, gone: list[comparison.Difference]) -> None:
        for path in (each.path for each in gone if each.path):
            mark = self.record.paths.pop(path)
            if comparison.holds(path, mark):
                image.put_back(path, mark["original"], os.path.join(self.folder, "originals"))
            else:
                self.left.append(path)

    def _leave_folders(self, made: list[str]) -> None:
        present = [path for path, each in self.desired.paths.items() if each.type != "absent"]
        self.record.folders = folders.leave([*self.record.folders, *made], present)

    def _set_enablement(self) -> None:
        for unit, enabled in self.desired.enablement.items():
            mark = self.record.units.setdefault(unit, {"before": systemd.state(unit)})
            if not systemd.has_enablement(unit, enabled=enabled):
                systemd.set_enablement(unit, enabled=enabled)
            mark["enabled"] = enabled

    def _write_keys(self, gone: list[comparison.Difference]) -> None:
        for user in (each.name for each in gone if each.kind == "sshkey"):
            authorized_keys.write(user, [])
        user, keys = self.desired.user, self.desired.keys
        if (self.desired.forced and keys) or authorized_keys.problem(user, keys):
            authorized_keys.write(user, keys)
        self.record.keys = {"user": user, "keys": keys} if keys else {}

    def _commit(self, journal: undo.Journal, actions: list[Action], *, daemon_reload: bool) -> None:
        self.record.owe(self.boot_id, actions, daemon_reload=daemon_reload)
        self.record.watch(journal["watched"], journal["ailing"])
        self.record.config, self.record.since = self.desired.config, now()
        self.record.reverted = {}
        self.record.failed = {}
        self.record.tombstone = self.tombstone
        self.record.serial += 1
        self.record.save(self.folder)


def _owed(actions: list[Action], lost: set[str]) -> list[Action]:
    """What the policy asks for, and that units end which are no more; a reboot ends them too."""
    kept = services.without(actions, lost)
    reboots = any(each["type"] == "Reboot" for each in actions)
    return kept if reboots else [*services.stopping(lost), *kept]


def _lost(gone: list[comparison.Difference]) -> set[str]:
    """The units that are no more, now that what was there before is back."""
    units = {each.name for each in gone if each.kind == "unit" and each.path}
    lost = {unit for unit in units if systemd.state(unit) == "not-found"}
    return lost.union(*map(systemd.instances, lost))


def _enablements(changed: list[comparison.Difference]) -> Iterator[str]:
    return (each.name for each in changed if each.kind == "unit" and not each.path)


def _failed(error: Exception, left: list[str]) -> NodeError:
    outcome = f"could not be put back: {'; '.join(left)}" if left else "everything was put back"
    if isinstance(error, NodeError):
        return NodeError(f"{error.cause} ({outcome})", error.remedy)
    return NodeError(f"{error} ({outcome})", "mend the cause on the node")
