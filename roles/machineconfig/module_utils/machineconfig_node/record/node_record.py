"""The node's record: which config it is on, what that took over, and what it still owes.

`/var/lib/machine-config/record.json`, readable by root only. A reboot or a service action is owed
from before the first change until it has been seen done; the boot ID of the commit stands beside
the debts, and a newer boot discharges them.
"""

from __future__ import annotations

import dataclasses
import json
import os
from datetime import datetime, timezone
from typing import Any, Dict, Iterable

from ..base.errors import FencedError, NodeError, RestoredError, SupersededError
from ..filesystem import durable, safe_paths
from . import earlier_schemas, record_schema, runtime_originals, state_file

# An administrator may have put it elsewhere, by a link of root's.
FOLDER = os.path.realpath("/var/lib/machine-config")
SCHEMA = 5
Action = Dict[str, Any]


@dataclasses.dataclass
class PendingActions:
    """What the last apply owes: actions in order, the boot it was made in, changed units.

    `done` holds the service actions that were carried out since, each with `active`, whether the
    service had run before. `watched` are the units that verify answers for, and `ailing` those that
    were failed or kept restarting before the first change that has not settled yet. `booted` says
    that the config had been booted into before these were made, and was never verified.
    """

    boot_id: str
    actions: list[Action]
    daemon_reload: bool = False
    done: list[Action] = dataclasses.field(default_factory=list)
    watched: list[str] = dataclasses.field(default_factory=list)
    ailing: list[str] = dataclasses.field(default_factory=list)
    booted: bool = False

    def pending(self, boot_id: str) -> list[Action]:
        """The actions still owed in this boot; a newer boot has done them all."""
        return self.actions if boot_id == self.boot_id else []


@dataclasses.dataclass
class Record:
    """All that is known of the node between two runs."""

    machine_id: str
    schema: int = SCHEMA
    serial: int = 0
    run: str = ""
    fence: int = 0
    config: str = ""
    # When the config was applied and when the last run claimed, both empty in older records.
    since: str = ""
    claimed: str = ""
    paths: dict[str, dict[str, Any]] = dataclasses.field(default_factory=dict)
    # Whether each unit is to be `enabled`; until schema 5 also in which state it was `before`.
    units: dict[str, dict[str, Any]] = dataclasses.field(default_factory=dict)
    # The links that this consists of, as `paths`: each as it was made, with its original.
    links: dict[str, dict[str, Any]] = dataclasses.field(default_factory=dict)
    # What was not given back, as it stood in `paths` or `links`, with cause and remedy: what
    # somebody has changed, and what could not be. Its original is kept until it is back.
    unreturned: dict[str, dict[str, Any]] = dataclasses.field(default_factory=dict)
    keys: dict[str, Any] = dataclasses.field(default_factory=dict)
    # Those that were made for paths, the outer ones first; none in records before schema 4.
    folders: list[str] = dataclasses.field(default_factory=list)
    debts: PendingActions | None = None
    # The config that this node has gone back from, the cause, and whether it had cut the node off;
    # empty once another was applied.
    reverted: dict[str, Any] = dataclasses.field(default_factory=dict)
    # The attempt that applied `config`; empty for a run by hand.
    attempt: str = ""
    # The last attempt that failed and was undone, as `attempts.Failed` has it; empty after a
    # config was applied and verified.
    failed: dict[str, Any] = dataclasses.field(default_factory=dict)
    # Who gave all originals back by hand, when, and the config that went; until somebody applies
    # one by hand again, controllers leave the node alone.
    tombstone: dict[str, str] = dataclasses.field(default_factory=dict)

    @classmethod
    def read(cls, data: dict[str, Any]) -> Record:
        """The record of what `dataclasses.asdict` made of one."""
        debts = data["debts"]
        return cls(
            **{**data, "schema": SCHEMA, "debts": PendingActions(**debts) if debts else None}
        )

    @property
    def has_config(self) -> bool:
        """Whether a config was ever applied here."""
        return bool(self.config)

    def pending(self, boot_id: str) -> list[Action]:
        """All actions that are still owed in this boot."""
        return self.debts.pending(boot_id) if self.debts else []

    def awaits_verification(self, boot_id: str) -> bool:
        """Whether the config was booted into, and has not been verified since."""
        return self.debts is not None and (self.debts.booted or self.debts.boot_id != boot_id)

    def needs_reboot(self, boot_id: str) -> bool:
        """Whether a reboot is owed, and this is still the boot that owes it."""
        return any(each["type"] == "Reboot" for each in self.pending(boot_id))

    def save(self, folder: str = FOLDER) -> None:
        """Write the record so that a power cut leaves the old one or this one."""
        text = json.dumps(dataclasses.asdict(self), indent=1, sort_keys=True)
        durable.write_file(os.path.join(folder, "record.json"), text.encode(), 0o600, 0, 0)

    def claim(self, run: str, fence: int) -> None:
        """Make `run` the only one that may change this node from now on.

        Raises:
            FencedError: a controller elected later has already been here.
        """
        if fence < self.fence:
            raise FencedError(fence, self.fence)
        self.run, self.fence, self.claimed = run, fence, now()

    def refuse_if_restored(self) -> None:
        """Raise RestoredError where somebody has taken the node out by hand."""
        if self.tombstone:
            raise RestoredError(self.tombstone)

    def require(self, run: str) -> None:
        """Raise SupersededError unless `run` is the one that claimed the record last."""
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
        """Add to the debts what a change owes; what is owed already is kept and not doubled.

        `booted` says that the config which holds from now on awaits its proof since another boot.
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
        """Have verify answer for `units` too; `ailing` are those that are ill already.

        A unit that an earlier change answers for was well before that, however it is now.
        """
        if self.debts:
            others = set(ailing) - set(self.debts.watched)
            self.debts.ailing = sorted({*self.debts.ailing, *others})
            self.debts.watched = sorted({*self.debts.watched, *units})


def load(folder: str = FOLDER) -> Record:
    """The record of this machine, or an empty one where there is none.

    Raises:
        NodeError: the record is of another machine, of a newer schema, or damaged.
    """
    with open("/etc/machine-id", encoding="ascii") as stream:
        machine_id = stream.read().strip()
    data = _read(os.path.join(folder, "record.json"), machine_id)
    if data is None:
        return Record(machine_id=machine_id)
    record = Record.read(data)
    earlier_schemas.upgrade(record.units, record.links)
    for entries in record.links, record.unreturned:
        runtime_originals.forget_earlier_boots(entries, boot_id())
    return record


def _read(path: str, machine_id: str) -> dict[str, Any] | None:
    try:
        data = state_file.read(path)
        if data is None:
            return None
        _refuse_others(path, data, machine_id)
        state_file.validate(record_schema.RECORD, data)
    except state_file.DamagedError as error:
        raise NodeError(
            f"{path} is damaged: {error}",
            "restore it from a backup; or remove it: the next update then takes the node in as it "
            "stands, and the originals that are kept beside it are given back only by hand",
        ) from error
    found: dict[str, Any] = data
    return found


def _refuse_others(path: str, data: object, machine_id: str) -> None:
    """Raise NodeError where the record is of another version or machine, however it looks."""
    known = data if isinstance(data, dict) else {}
    schema, machine = known.get("schema"), known.get("machine_id")
    if isinstance(schema, int) and schema > SCHEMA:
        raise NodeError(f"{path} has schema {schema}", "use a newer version of this package")
    if isinstance(machine, str) and machine != machine_id:
        raise NodeError(
            f"{path} was written on another machine ({machine!a})",
            "the machine was cloned: remove the record on the clone",
        )


def prepare(folder: str = FOLDER) -> None:
    """Make the record's folder, readable by root only."""
    for name in ("originals", "transaction"):
        durable.make_folders(os.path.join(folder, name, "any"), 0o700)
    with safe_paths.place(folder) as at, safe_paths.own_folder(at) as made:
        os.fchmod(made, 0o700)


def now() -> str:
    """The node's own clock, in a form that people and programs read."""
    return datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M:%S UTC")


def boot_id() -> str:
    """The kernel's name for the current boot."""
    with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as stream:
        return stream.read().strip()
