"""The node's record: its current config, the originals, and the pending actions.

It is `/var/lib/machine-config/record.json`, readable by root only. A reboot or a service action is
pending from before the first change until it is known to be done. The pending actions contain the
boot ID of the commit, and a newer boot completes them.
"""

from __future__ import annotations

import dataclasses
import json
import os
from datetime import datetime, timezone
from typing import Any, Dict, Iterable

from ..base.errors import FencedError, RestoredError, SupersededError
from ..filesystem import durable, safe_paths
from . import earlier_schemas, record_files, runtime_originals
from .record_files import SCHEMA

# An administrator may have moved it elsewhere by a link that root owns.
FOLDER = os.path.realpath("/var/lib/machine-config")
Action = Dict[str, Any]


@dataclasses.dataclass
class PendingActions:
    """The pending actions of the last apply, in order, with the boot ID of the apply.

    `done` contains the service actions performed since, each with `active`: whether the service
    was running before. Verify checks the units in `watched`; those in `ailing` were unhealthy
    before the first change that is not settled yet. `booted` means that the config was booted into
    before these actions were added, and was never verified.
    """

    boot_id: str
    actions: list[Action]
    daemon_reload: bool = False
    done: list[Action] = dataclasses.field(default_factory=list)
    watched: list[str] = dataclasses.field(default_factory=list)
    ailing: list[str] = dataclasses.field(default_factory=list)
    booted: bool = False

    def pending(self, boot_id: str) -> list[Action]:
        """Return the actions pending in this boot; a newer boot completes them all."""
        return self.actions if boot_id == self.boot_id else []


@dataclasses.dataclass
class Record:
    """All that is kept about the node between runs; the fields are the keys of the file."""

    machine_id: str
    schema: int = SCHEMA
    serial: int = 0
    run: str = ""
    fence: int = 0
    config: str = ""
    # When the config was applied, and when the last run claimed; both empty in older records.
    since: str = ""
    claimed: str = ""
    paths: dict[str, dict[str, Any]] = dataclasses.field(default_factory=dict)
    # Whether each unit is `enabled`; until schema 5 also its state `before`.
    units: dict[str, dict[str, Any]] = dataclasses.field(default_factory=dict)
    # The enablement links, like `paths`: each as it was created, with its original.
    links: dict[str, dict[str, Any]] = dataclasses.field(default_factory=dict)
    # Entries of `paths` or `links` that were not restored, with cause and remedy: they were changed
    # by others, or restoring failed. The original is kept until it is restored.
    unreturned: dict[str, dict[str, Any]] = dataclasses.field(default_factory=dict)
    keys: dict[str, Any] = dataclasses.field(default_factory=dict)
    # Folders that were created for paths, the outer ones first; none before schema 4.
    folders: list[str] = dataclasses.field(default_factory=list)
    debts: PendingActions | None = None
    # The config that was rolled back, the cause, and whether the watchdog did it (`cut_off`); and,
    # not in older records, the attempt, the boot, and whether the config is known to lock out the
    # controller (`locked_out`). Empty after the next apply.
    reverted: dict[str, Any] = dataclasses.field(default_factory=dict)
    # The attempt that applied `config`; empty for a run by hand.
    attempt: str = ""
    # The last attempt that failed and was rolled back, or that a run by hand has superseded by
    # another config, a `FailedAttempt`; empty after another apply.
    failed: dict[str, Any] = dataclasses.field(default_factory=dict)
    # By whom and when all originals were restored by hand, and the config until then; controllers
    # leave the node alone until a config is applied by hand again.
    tombstone: dict[str, str] = dataclasses.field(default_factory=dict)

    @classmethod
    def read(cls, data: dict[str, Any]) -> Record:
        """Return the record of which `dataclasses.asdict` returned `data`."""
        debts = data["debts"]
        return cls(
            **{**data, "schema": SCHEMA, "debts": PendingActions(**debts) if debts else None}
        )

    @property
    def has_config(self) -> bool:
        """Whether the node has a config."""
        return bool(self.config)

    def pending(self, boot_id: str) -> list[Action]:
        """Return all actions that are still pending in this boot."""
        return self.debts.pending(boot_id) if self.debts else []

    def awaits_verification(self, boot_id: str) -> bool:
        """Whether the config was booted into, and is not verified since."""
        return self.debts is not None and (self.debts.booted or self.debts.boot_id != boot_id)

    def needs_reboot(self, boot_id: str) -> bool:
        """Whether a reboot is pending in this boot."""
        return any(each["type"] == "Reboot" for each in self.pending(boot_id))

    def save(self, folder: str = FOLDER) -> None:
        """Write the record; a power cut leaves either the old or the new one."""
        self.save_index(folder)
        self._write(folder, record_files.RECORD)

    def save_index(self, folder: str = FOLDER) -> None:
        """Write only the index of originals, from which a lost record is made anew."""
        self._write(folder, record_files.INDEX)

    def _write(self, folder: str, name: str) -> None:
        text = json.dumps(dataclasses.asdict(self), indent=1, sort_keys=True)
        durable.write_file(os.path.join(folder, name), text.encode(), 0o600, 0, 0)

    def claim(self, run: str, fence: int) -> None:
        """Make `run` the only one that may change this node.

        Raises:
            FencedError: a newer leader has already claimed the record.
        """
        if fence < self.fence:
            raise FencedError(fence, self.fence)
        self.run, self.fence, self.claimed = run, fence, now()

    def refuse_if_restored(self) -> None:
        """Raise a RestoredError if all originals were restored by hand."""
        if self.tombstone:
            raise RestoredError(self.tombstone)

    def require(self, run: str) -> None:
        """Raise a SupersededError unless `run` claimed the record last."""
        if run != self.run:
            raise SupersededError(run, self.run)

    def add_pending(
        self,
        boot_id: str,
        actions: list[Action],
        *,
        daemon_reload: bool,
        booted: bool = False,
    ) -> None:
        """Add the actions that a change requires to the pending ones, without duplicates.

        `booted` means that the config was booted into before and is not verified yet.
        """
        earlier = self.debts or PendingActions(boot_id, [])
        before = earlier.pending(boot_id)
        merged = before + [action for action in actions if action not in before]
        reload_before = bool(before and earlier.daemon_reload)
        self.debts = PendingActions(
            boot_id,
            merged,
            daemon_reload or reload_before,
            watched=earlier.watched,
            ailing=earlier.ailing,
            booted=booted,
        )

    def watch(self, units: Iterable[str], ailing: Iterable[str] = ()) -> None:
        """Make verify check `units` too; `ailing` are those that are unhealthy already.

        A unit that is watched since an earlier change was healthy before that change.
        """
        if self.debts:
            others = set(ailing) - set(self.debts.watched)
            self.debts.ailing = sorted({*self.debts.ailing, *others})
            self.debts.watched = sorted({*self.debts.watched, *units})


def load(folder: str = FOLDER) -> Record:
    """Return the record of this machine; an empty one if there is none.

    It describes the disk that it is on, and so it stays valid if the machine ID changes, or if the
    machine is a clone: both have the files and the originals of the record. A lost or damaged
    record is made anew from the index of originals or the journal.

    Raises:
        NodeError: the record is damaged, and cannot be made anew.
    """
    return _read(folder) or Record(machine_id=_machine_id())


def load_to_change(folder: str = FOLDER) -> Record:
    """Return the record, and write a lost or damaged one anew; call it under the lock.

    What is damaged is kept under another name, and so are originals without any record.
    """
    record = _read(folder)
    if record is None:
        record_files.keep_unknown_originals(folder)
        prepare(folder)
        return Record(machine_id=_machine_id())
    record_files.keep_damaged(folder)
    if record_files.problem(folder):
        record.save(folder)
    return record


def _read(folder: str) -> Record | None:
    data = record_files.read(folder)
    if data is None:
        return None
    record = Record.read(data)
    record.machine_id = _machine_id() or record.machine_id
    earlier_schemas.upgrade(record.units, record.links)
    for entries in record.links, record.unreturned:
        runtime_originals.forget_earlier_boots(entries, boot_id())
    return record


def _machine_id() -> str:
    """Return the machine ID; empty if it cannot be read."""
    try:
        with open("/etc/machine-id", encoding="ascii") as stream:
            return stream.read().strip()
    except (OSError, UnicodeDecodeError):
        return ""


def prepare(folder: str = FOLDER) -> None:
    """Create the record's folder, readable by root only."""
    for name in ("originals", "transaction"):
        durable.make_folders(os.path.join(folder, name, "any"), 0o700)
    with safe_paths.place(folder) as at, safe_paths.own_folder(at) as opened:
        os.fchmod(opened, 0o700)


def now() -> str:
    """Return the time by the node's clock, as text."""
    return datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M:%S UTC")


def boot_id() -> str:
    """Return the kernel's ID of the current boot."""
    with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as stream:
        return stream.read().strip()
