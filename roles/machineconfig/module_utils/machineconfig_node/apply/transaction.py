"""One transaction over all that a manifest changes: every path old, or every path new.

It is committed by the record's next serial. The way back stays open until the node is settled.
"""

from __future__ import annotations

import os
from typing import Callable

from ..comparison import compare
from ..filesystem import created_folders, image, selinux
from ..manifest import writing
from ..manifest.desired_state import DesiredPath, DesiredState
from ..record import runtime_originals
from ..record.node_record import Action, Record, now
from ..restore import originals
from ..rollback import journal_file, on_failure
from ..services import pending_actions
from ..ssh import authorized_keys
from ..systemd import systemctl


class Transaction:
    """Brings the node from its record to `desired`; call `run()` while the lock is held."""

    def __init__(  # noqa: PLR0913 - what a transaction rests on
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
        # By hand, what a controller has begun goes on.
        begun = record.attempt if record.config == desired.config else ""
        self.attempt = attempt or begun

    def run(self, actions: list[Action], guard: Callable[[], None] = lambda: None) -> None:
        """Apply, and leave in the record what was done and what is owed.

        `guard` is called when the way back is open and nothing has changed yet.
        """
        gone = compare.to_remove(self.desired, self.record)
        changed = [*compare.to_write(self.desired), *gone]
        back = compare.to_restore(self.desired, self.record)
        keyless = compare.users_without_keys(self.desired, self.record)
        users = _users(changed) | keyless
        touched = journal_file.Affected(self._touched(changed, back), sorted(users))
        config = self.desired.config
        journal = journal_file.begin(self.folder, self.record, changed, actions, touched, config)
        with on_failure.rolled_back_on_failure(self.folder, journal):
            if changed or keyless:
                guard()
            self._bring_paths(changed, back)
            self._leave_folders(journal["folders"])
            self._write_keys(changed, keyless)
            units_changed = any(each.kind == "unit" for each in changed)
            self._commit(journal, _owed(actions, _lost(gone)), daemon_reload=units_changed)
        pending_actions.stop_removed(self.folder, self.record)

    def _touched(
        self, changed: list[compare.Difference], back: dict[str, compare.Entry]
    ) -> list[str]:
        """Every path that is to change; what others have changed is not given back."""
        ours = {path for path, entry in back.items() if compare.matches(path, entry)}
        return sorted(self._differing_paths(changed) | self._differing_links() | ours)

    def _bring_paths(
        self, changed: list[compare.Difference], back: dict[str, compare.Entry]
    ) -> None:
        """Give links back first and make them last: a path may have been one, or become one."""
        links = [path for path in back if path in self.record.links]
        self._give_back(links)
        self._write_paths(self.desired.paths, self.record.paths, self._differing_paths(changed))
        self._give_back([path for path in back if path not in links])
        self._write_paths(self.desired.links, self.record.links, self._differing_links())

    def _give_back(self, paths: list[str]) -> None:
        originals.restore(self.folder, self.record, paths)

    def _differing_paths(self, changed: list[compare.Difference]) -> set[str]:
        return {each.path for each in changed} & self.desired.paths.keys()

    def _differing_links(self) -> set[str]:
        links = self.desired.links.items()
        return {path for path, each in links if not compare.matches(path, each.to_entry())}

    def _write_paths(
        self,
        desired_path: dict[str, DesiredPath],
        entries: dict[str, compare.Entry],
        differing: set[str],
    ) -> None:
        contexts = selinux.contexts(sorted(differing))
        for path, each in desired_path.items():
            original = self._original(path, entries)
            if path in differing:
                writing.write(path, each, contexts.get(path, ""))
            entries[path] = {**each.to_entry(), "original": original}

    def _original(self, path: str, entries: dict[str, compare.Entry]) -> image.Image:
        """What was there at the first takeover; it is kept for as long as the path is managed."""
        known = entries.get(path) or self.record.unreturned.pop(path, None)
        if known:
            original: image.Image = known["original"]
            return original
        store = os.path.join(self.folder, "originals", journal_file.store_name(path))
        return runtime_originals.tag_with_boot(path, image.take(path, store), self.boot_id)

    def _leave_folders(self, made: list[str]) -> None:
        desired = {**self.desired.paths, **self.desired.links}
        present = [path for path, each in desired.items() if each.type != "absent"]
        needed = [*present, *self.record.unreturned]
        self.record.folders = created_folders.remove_unneeded([*self.record.folders, *made], needed)

    def _write_keys(self, changed: list[compare.Difference], keyless: set[str]) -> None:
        originals.remove_keys(self.record, keyless)
        user, keys = self.desired.user, self.desired.keys
        if user in _users(changed) - keyless:
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
        self.record.failed = {}
        self.record.tombstone = self.tombstone
        self.record.serial += 1
        self.record.save(self.folder)


def _users(changed: list[compare.Difference]) -> set[str]:
    """Those whose SSH keys change."""
    return {each.name for each in changed if each.kind == "sshkey"}


def _owed(actions: list[Action], lost: set[str]) -> list[Action]:
    """What the policy asks for, and that units end which are no more; a reboot ends them too."""
    kept = pending_actions.without(actions, lost)
    reboots = any(each["type"] == "Reboot" for each in actions)
    return kept if reboots else [*pending_actions.stopping(lost), *kept]


def _lost(gone: list[compare.Difference]) -> set[str]:
    """The units that are no more, now that what was there before is back."""
    units = {each.name for each in gone if each.kind == "unit" and each.path}
    lost = {unit for unit in units if systemctl.enablement_state(unit) == "not-found"}
    return lost.union(*map(systemctl.instances, lost))
