"""The way back from the last apply: what was there before, kept until the node is settled.

The journal is on disk before the first change, and says which serial the record had then. While the
record still has it, the transaction is under way or has died, and whoever comes next rolls it back.
Once the record has the next serial the apply is committed, and the journal is how to revert it.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import os
from typing import Any, Dict, Iterable, Iterator, NamedTuple

from . import (
    attempts,
    authorized_keys,
    comparison,
    durable,
    earlier_records,
    health,
    image,
    os_errors,
    record_shape,
    services,
    state_file,
)
from .errors import NodeError
from .record import Action, Debts, Record

Journal = Dict[str, Any]


class Touched(NamedTuple):
    """What a transaction may change: paths, and the SSH keys of users."""

    paths: list[str]
    users: list[str]


def begin(  # noqa: PLR0913 - what a way back has to know
    folder: str,
    record: Record,
    changed: list[comparison.Difference],
    actions: list[Action],
    touched: Touched,
    config: str,
) -> Journal:
    """Write the journal of a transaction that mends what is `changed`.

    `config` is the one that it brings the node to, empty where it gives originals back.

    Raises:
        NodeError: what is there now cannot be kept, so nothing may be changed.
    """
    discard(folder)
    try:
        journal = {
            "serial": record.serial,
            "record": dataclasses.asdict(record),
            "config": config,
            "actions": actions,
            "watched": _watched(changed, actions),
            "ailing": sorted(health.ailments()),
            "awaits_confirmation": False,
            "folders": durable.missing_folders([*touched.paths, *_key_files(touched.users)]),
            "images": _images(touched.paths, os.path.join(folder, "transaction")),
            "keys": dict(_keys(touched.users)),
        }
        write(folder, journal)
    except OSError as error:
        told = os_errors.told(error)
        discard(folder)
        raise NodeError(
            f"no way back can be kept in {folder}: {told.cause} (nothing was changed)", told.remedy
        ) from error
    return journal


def _images(paths: Iterable[str], store: str) -> dict[str, image.Image]:
    return {path: image.take(path, os.path.join(store, store_name(path))) for path in paths}


def _key_files(users: Iterable[str]) -> list[str]:
    return [authorized_keys.place(user) for user in users if authorized_keys.has_user(user)]


def _keys(users: Iterable[str]) -> Iterator[tuple[str, str | None]]:
    for user in users:
        # Keys that cannot be read cannot be written either.
        with contextlib.suppress(NodeError):
            yield user, authorized_keys.read(user)


def _watched(changed: list[comparison.Difference], actions: list[Action]) -> list[str]:
    return sorted({each.name for each in changed if each.kind == "unit"} | services.named(actions))


def read(folder: str) -> Journal | None:
    """The journal, or None where there is no way back.

    Raises:
        NodeError: it is damaged.
    """
    path = _path(folder)
    try:
        journal: Journal | None = state_file.read(path)
        if journal is not None:
            state_file.demand(record_shape.JOURNAL, journal)
    except state_file.DamagedError as error:
        raise NodeError(
            f"{path} is damaged: {error}",
            "restore it from a backup; or remove it: the last change then cannot be undone",
        ) from error
    return journal


def write(folder: str, journal: Journal) -> None:
    """Put the journal on the disk."""
    durable.write_file(_path(folder), json.dumps(journal, indent=1).encode(), 0o600, 0, 0)


def discard(folder: str) -> None:
    """Give the way back up, and sweep what a killed run has left beside it."""
    durable.remove(_path(folder))
    for swept in (folder, os.path.join(folder, "originals")):
        durable.sweep(swept)
    # The folder itself stays: a new one of its name might not outlast a power cut.
    durable.empty(os.path.join(folder, "transaction"))


def gives_originals_back(folder: str) -> bool:
    """Whether the last change gave originals back and is not settled: no config has to prove it."""
    journal = read(folder)
    return journal is not None and journal.get("config") == ""


def is_under_way(folder: str, record: Record) -> bool:
    """Whether a transaction has begun, or has died, that the record knows nothing of yet."""
    journal = read(folder)
    return journal is not None and bool(journal["serial"] == record.serial)


def is_settled(folder: str, record: Record) -> bool:
    """Whether the last change was proven or undone, and none is under way."""
    return record.debts is None and not is_under_way(folder, record)


def recover(folder: str, record: Record, boot_id: str) -> bool:
    """Roll back a transaction that died; what it would have owed stays owed.

    Something on the node may have read the half that was written, so its debts are kept.

    Raises:
        NodeError: something could not be put back; it can be tried again.
    """
    journal = read(folder)
    if journal is None or journal["serial"] != record.serial:
        return False
    _demand_all_back(roll_back(folder, journal))
    booted = record.awaits_proof(boot_id)
    record.owe(boot_id, journal["actions"], daemon_reload=True, booted=booted)
    record.watch(journal.get("watched", ()), journal.get("ailing", ()))
    record.save(folder)
    discard(folder)
    return True


def revert(folder: str, record: Record, boot_id: str, cause: str, *, cut_off: bool) -> Record:
    """Put back what a committed apply has changed; the record that holds from then on.

    It owes the services that had been restarted once more, and a reboot where the config that goes
    has been booted into.

    Raises:
        NodeError: something could not be put back; it can be tried again.
    """
    journal = read(folder)
    if journal is None:
        raise NodeError("there is nothing to go back to", "apply the config that you want")
    if record.serial > journal["serial"] + 1:
        # An earlier call died between the record and the journal.
        discard(folder)
        return record
    _demand_all_back(roll_back(folder, journal))
    debts = record.debts or Debts(boot_id, [])
    back = Record.read(journal["record"])
    back.serial, back.run, back.fence = record.serial + 1, record.run, record.fence
    # Journals of earlier versions do not name it, and are of what the record was brought to.
    config = journal.get("config", record.config)
    back.reverted = {"config": config, "cause": cause, "cut_off": cut_off}
    back.failed = attempts.failed(record.attempt, config, cause, journal["actions"])
    booted = back.awaits_proof(boot_id)
    if debts.boot_id != boot_id:
        back.owe(boot_id, [{"type": "Reboot"}], daemon_reload=False, booted=booted)
    else:
        back.owe(boot_id, debts.done, daemon_reload=bool(debts.done), booted=booted)
    back.watch((), journal.get("ailing", ()))
    back.save(folder)
    discard(folder)
    return back


def roll_back(folder: str, journal: Journal) -> list[str]:
    """Put everything back, the last change first; return what could not be."""
    left: list[str] = []
    store = os.path.join(folder, "transaction")
    # Journals before schema 5 have it, and no images of links.
    states = journal.get("enabled", {})
    with _passing_over(left, "the links of units that were not enabled"):
        for path in earlier_records.links_to_go(states):
            durable.remove(path)
    for path, before in reversed(list(journal["images"].items())):
        with _passing_over(left, path):
            durable.sweep(os.path.dirname(path))
            if not image.stands(path, before, store):
                image.put_back(path, before, store)
    with _passing_over(left, "the links of units that were enabled"):
        for path, target in earlier_records.links_to_come(states).items():
            durable.make_folders(path)
            durable.write_link(path, target)
    for user, text in journal["keys"].items():
        with _passing_over(left, f"the SSH keys of {user}"):
            authorized_keys.put_back(user, text)
    for made in reversed(journal["folders"]):
        # One that something else has been put into is no longer ours.
        durable.remove_folder(made)
    return left


def _demand_all_back(left: list[str]) -> None:
    if left:
        raise NodeError(f"could not be put back: {'; '.join(left)}", "mend the cause on the node")


def store_name(path: str) -> str:
    """Under which name the bytes of a path are kept."""
    return hashlib.sha256(path.encode("utf-8", "surrogateescape")).hexdigest()


@contextlib.contextmanager
def _passing_over(left: list[str], what: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        left.append(f"{what} ({os_errors.told(error).cause})")
    except NodeError as error:
        left.append(f"{what} ({error})")


def _path(folder: str) -> str:
    return os.path.join(folder, "journal.json")
