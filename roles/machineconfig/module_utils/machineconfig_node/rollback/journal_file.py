"""The journal of the last apply: what a rollback needs, kept until the node is settled.

The journal is on disk before the first change, and contains the record's serial at that time. While
the record has this serial, the transaction is running or was interrupted, and the next run rolls it
back. When the record has the next serial, the apply is committed and can be rolled back.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
from typing import Any, Dict, Iterable, Iterator, NamedTuple

from ..base import os_errors
from ..base.errors import NodeError
from ..comparison import compare
from ..filesystem import durable, image
from ..record import node_record, record_schema, runtime_originals, state_file
from ..record.node_record import Action, Record
from ..services import health, pending_actions
from ..ssh import authorized_keys
from ..systemd import boot_problems

Journal = Dict[str, Any]


class Affected(NamedTuple):
    """The paths, and the users with SSH keys, that a transaction may change."""

    paths: list[str]
    users: list[str]


def begin(  # noqa: PLR0913 - what a rollback needs
    folder: str,
    record: Record,
    changed: list[compare.Difference],
    actions: list[Action],
    affected: Affected,
    config: str,
) -> Journal:
    """Write the journal of a transaction that applies the differences `changed`.

    `config` is the config that it applies, empty for a restore.

    Raises:
        NodeError: the current state cannot be saved, so nothing may be changed.
    """
    discard(folder)
    boot = boot_problems.this_boot()
    try:
        journal = {
            "serial": record.serial,
            "record": dataclasses.asdict(record),
            "config": config,
            "actions": actions,
            "watched": _watched(changed, actions),
            "ailing": sorted({*health.unhealthy_units(), *boot.dropped}),
            "started": boot.started,
            "awaits_confirmation": False,
            "folders": durable.missing_folders([*affected.paths, *_key_files(affected.users)]),
            "images": _images(affected.paths, os.path.join(folder, "transaction")),
            "keys": dict(_keys(affected.users)),
        }
        write(folder, journal)
    except OSError as error:
        node_error = os_errors.to_node_error(error)
        discard(folder)
        raise NodeError(
            f"the journal cannot be written to {folder}: {node_error.cause} (nothing was changed)",
            node_error.remedy,
        ) from error
    return journal


def _images(paths: Iterable[str], store: str) -> dict[str, image.Image]:
    boot_id = node_record.boot_id()
    taken = ((path, image.take(path, store)) for path in paths)
    return {path: runtime_originals.tag_with_boot(path, each, boot_id) for path, each in taken}


def _key_files(users: Iterable[str]) -> list[str]:
    return [authorized_keys.path_of(user) for user in users if authorized_keys.user_exists(user)]


def _keys(users: Iterable[str]) -> Iterator[tuple[str, str | None]]:
    for user in users:
        # Keys that cannot be read cannot be written either.
        with contextlib.suppress(NodeError):
            yield user, authorized_keys.read(user)


def _watched(changed: list[compare.Difference], actions: list[Action]) -> list[str]:
    return sorted(
        {each.name for each in changed if each.kind == "unit"} | pending_actions.units_of(actions)
    )


def read(folder: str) -> Journal | None:
    """Return the journal, or None if no rollback is possible.

    Raises:
        NodeError: it is damaged.
    """
    path = _path(folder)
    try:
        journal: Journal | None = state_file.read(path)
        if journal is not None:
            state_file.validate(record_schema.JOURNAL, journal)
    except state_file.DamagedError as error:
        raise NodeError(
            f"{path} is damaged: {error}",
            "restore it from a backup; or move it away: the last change then cannot be rolled back",
        ) from error
    return journal


def write(folder: str, journal: Journal) -> None:
    """Write the journal to the disk."""
    durable.write_file(_path(folder), json.dumps(journal, indent=1).encode(), 0o600, 0, 0)


def discard(folder: str) -> None:
    """Remove the journal, its images, and what a killed run left beside them."""
    durable.remove(_path(folder))
    for swept in (folder, os.path.join(folder, "originals")):
        durable.sweep(swept)
    # The folder itself stays: a new one might not survive a power cut.
    durable.empty(os.path.join(folder, "transaction"))


def is_of_restore(folder: str) -> bool:
    """Whether the last change restored originals and is not settled: it needs no verification."""
    journal = read(folder)
    return journal is not None and journal.get("config") == ""


def is_under_way(folder: str, record: Record) -> bool:
    """Whether a transaction is running or was interrupted before its commit."""
    journal = read(folder)
    return journal is not None and bool(journal["serial"] == record.serial)


def is_settled(folder: str, record: Record) -> bool:
    """Whether the last change was verified or rolled back, and none is running."""
    return record.debts is None and not is_under_way(folder, record)


def _path(folder: str) -> str:
    return os.path.join(folder, "journal.json")
