"""One transaction over everything that an apply changes: all paths are old, or all are new.

The record's next serial commits it. It can be rolled back until the node is settled.
"""

from __future__ import annotations

import dataclasses
import os
from typing import Callable

from ..comparison import compare
from ..filesystem import created_folders, image, selinux
from ..manifest import writing
from ..manifest.desired_state import DesiredPath, DesiredState
from ..record import runtime_originals
from ..record.failed_attempt import superseded
from ..record.node_record import Action, Record, now
from ..restore import originals
from ..rollback import journal_file, on_failure
from ..services import pending_actions
from ..ssh import authorized_keys
from ..systemd import systemctl


class Transaction:
    """Brings the node to `desired`; call `run()` while the lock is held."""

    def __init__(  # noqa: PLR0913 - what a transaction needs
        self,
        folder: str,
        record: Record,
        desired: DesiredState,
        boot_id: str,
        tombstone: dict[str, str] | None = None,
        attempt: str = "",
    ) -> None:
        self.folder = folder
        self.record = record
        self.desired = desired
        self.boot_id = boot_id
        self.tombstone = tombstone or {}
        # A run by hand continues the controller's attempt.
        resumed = record.attempt if record.config == desired.config else ""
        self.attempt = attempt or resumed
        self.superseded = {} if attempt else superseded(record, desired.config)
        self.originals: dict[str, image.Image] = {}

    def run(self, actions: list[Action], guard: Callable[[], None] = lambda: None) -> None:
        """Apply the desired state, and record it with the pending actions.

        `guard` is called after the journal is written and before the first change.
        """
        removed = compare.to_remove(self.desired, self.record)
        changed = [*compare.to_write(self.desired), *removed]
        restored = compare.to_restore(self.desired, self.record)
        without_keys = compare.users_without_keys(self.desired, self.record)
        users = _users(changed) | without_keys
        affected = journal_file.Affected(self._affected(changed, restored), sorted(users))
        config = self.desired.config
        journal = journal_file.begin(self.folder, self.record, changed, actions, affected, config)
        with on_failure.rolled_back(self.folder, journal):
            if changed or without_keys:
                guard()
            self._take_originals()
            self._change_paths(changed, restored)
            self._remove_folders(journal["folders"])
            self._write_keys(changed, without_keys)
            units_changed = any(each.kind == "unit" for each in changed)
            self._commit(
                journal, _required(actions, _removed_units(removed)), daemon_reload=units_changed
            )
        pending_actions.stop_removed(self.folder, self.record)

    def _affected(
        self, changed: list[compare.Difference], restored: dict[str, compare.Entry]
    ) -> list[str]:
        """Return every path that changes; paths changed by others are not restored."""
        unchanged = {path for path, entry in restored.items() if compare.matches(path, entry)}
        return sorted(self._differing_paths(changed) | self._differing_links() | unchanged)

    def _take_originals(self) -> None:
        """Write what is at newly managed paths to the index, before anything replaces it."""
        self.originals = {
            path: self._original(path) for path in [*self.desired.paths, *self.desired.links]
        }
        dataclasses.replace(
            self.record,
            paths={**self._entries(self.desired.paths), **self.record.paths},
            links={**self._entries(self.desired.links), **self.record.links},
        ).save_index(self.folder)

    def _original(self, path: str) -> image.Image:
        """Return what was at the path before it was managed; kept while it is managed."""
        for entries in (self.record.paths, self.record.links, self.record.unreturned):
            if path in entries:
                known: image.Image = entries[path]["original"]
                return known
        taken = image.take(path, os.path.join(self.folder, "originals"))
        return runtime_originals.tag_with_boot(path, taken, self.boot_id)

    def _entries(self, desired: dict[str, DesiredPath]) -> dict[str, compare.Entry]:
        originals = self.originals
        return {
            path: {**each.to_entry(), "original": originals[path]} for path, each in desired.items()
        }

    def _change_paths(
        self, changed: list[compare.Difference], restored: dict[str, compare.Entry]
    ) -> None:
        """Restore links first and create them last: a path may have been a link, or become one."""
        links = [path for path in restored if path in self.record.links]
        self._restore(links)
        self._write_paths(self.desired.paths, self.record.paths, self._differing_paths(changed))
        self._restore([path for path in restored if path not in links])
        self._write_paths(self.desired.links, self.record.links, self._differing_links())

    def _restore(self, paths: list[str]) -> None:
        originals.restore(self.folder, self.record, paths)

    def _differing_paths(self, changed: list[compare.Difference]) -> set[str]:
        return {each.path for each in changed} & self.desired.paths.keys()

    def _differing_links(self) -> set[str]:
        links = self.desired.links.items()
        return {path for path, each in links if not compare.matches(path, each.to_entry())}

    def _write_paths(
        self,
        desired: dict[str, DesiredPath],
        entries: dict[str, compare.Entry],
        differing: set[str],
    ) -> None:
        contexts = selinux.contexts(sorted(differing))
        for path, entry in self._entries(desired).items():
            if path in differing:
                writing.write(path, desired[path], contexts.get(path, ""))
            self.record.unreturned.pop(path, None)
            entries[path] = entry

    def _remove_folders(self, created: list[str]) -> None:
        desired = {**self.desired.paths, **self.desired.links}
        present = [path for path, each in desired.items() if each.type != "absent"]
        needed = [*present, *self.record.unreturned]
        self.record.folders = created_folders.remove_unneeded(
            [*self.record.folders, *created], needed
        )

    def _write_keys(self, changed: list[compare.Difference], without_keys: set[str]) -> None:
        originals.remove_keys(self.record, without_keys)
        user, keys = self.desired.user, self.desired.keys
        if user in _users(changed) - without_keys:
            authorized_keys.write_managed(user, keys)
        self.record.keys = {"user": user, "keys": keys} if keys else {}

    def _commit(
        self, journal: journal_file.Journal, actions: list[Action], *, daemon_reload: bool
    ) -> None:
        self.record.add_pending(self.boot_id, actions, daemon_reload=daemon_reload)
        self.record.watch(journal["watched"], journal["ailing"])
        self.record.units = {
            unit: {"enabled": enabled} for unit, enabled in self.desired.enablement.items()
        }
        self.record.config, self.record.since = self.desired.config, now()
        self.record.attempt = self.attempt
        self.record.reverted = {}
        self.record.failed = self.superseded
        self.record.tombstone = self.tombstone
        self.record.serial += 1
        self.record.save(self.folder)


def _users(changed: list[compare.Difference]) -> set[str]:
    """Return the users whose SSH keys change."""
    return {each.name for each in changed if each.kind == "sshkey"}


def _required(actions: list[Action], removed: set[str]) -> list[Action]:
    """Return the required actions, and stops of removed units unless a reboot stops them."""
    kept = pending_actions.without(actions, removed)
    reboots = any(each["type"] == "Reboot" for each in actions)
    return kept if reboots else [*pending_actions.stopping(removed), *kept]


def _removed_units(removed: list[compare.Difference]) -> set[str]:
    """Return the units that no longer exist, after the originals were restored."""
    units = {each.name for each in removed if each.kind == "unit" and each.path}
    missing = {unit for unit in units if systemctl.enablement_state(unit) == "not-found"}
    return missing.union(*map(systemctl.instances, missing))
