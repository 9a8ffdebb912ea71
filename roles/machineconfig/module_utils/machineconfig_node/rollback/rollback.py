"""Returns the disk and the record to their state before the last apply."""

from __future__ import annotations

import contextlib
import os
from typing import Iterator

from ..base import os_errors
from ..base.errors import NodeError
from ..filesystem import durable, image
from ..record import earlier_schemas, node_record, runtime_originals
from ..record.failed_attempt import failed_attempt
from ..record.node_record import PendingActions, Record
from ..ssh import authorized_keys
from . import journal_file
from .journal_file import Journal


def roll_back_interrupted(folder: str, record: Record, boot_id: str) -> bool:
    """Roll back an interrupted transaction; return whether there was one.

    Its actions become pending, because services may have read what was written.

    Raises:
        NodeError: the rollback is incomplete; it can be retried.
    """
    journal = journal_file.read(folder)
    if journal is None or journal["serial"] != record.serial:
        return False
    _require_complete(roll_back_disk(folder, journal))
    booted = record.awaits_verification(boot_id)
    record.add_pending(boot_id, journal["actions"], daemon_reload=True, booted=booted)
    record.watch(journal.get("watched", ()), journal.get("ailing", ()))
    record.save(folder)
    journal_file.discard(folder)
    return True


def roll_back_committed(  # noqa: PLR0913 - the facts of a rollback
    folder: str,
    record: Record,
    boot_id: str,
    cause: str,
    *,
    cut_off: bool,
    broken_boot: bool = False,
    gives_up: bool = False,
) -> Record:
    """Roll back a committed apply, and return the new record.

    `cut_off` is whether nobody had confirmed it, and `broken_boot` whether the node itself has
    found that it cannot boot with it. What cannot be rolled back is left, and added to the cause,
    if the caller `gives_up` on it. The services that the apply restarted are pending again; if
    its config was booted into, a reboot is pending.

    Raises:
        NodeError: the rollback is incomplete; it can be retried.
    """
    journal = journal_file.read(folder)
    if journal is None:
        raise NodeError("there is nothing to roll back", "apply the config that you want")
    if record.serial > journal["serial"] + 1:
        # An earlier call was interrupted after writing the record.
        journal_file.discard(folder)
        return record
    left = roll_back_disk(folder, journal)
    if not gives_up:
        _require_complete(left)
    outstanding = record.debts or PendingActions(boot_id, [])
    previous = Record.read(journal["record"])
    previous.serial, previous.run, previous.fence = record.serial + 1, record.run, record.fence
    # Journals of earlier versions do not contain it; they belong to the record's config.
    config = journal.get("config", record.config)
    previous.reverted = {
        "config": config,
        "cause": "; ".join([cause, *(f"not rolled back: {each}" for each in left)]),
        "cut_off": cut_off,
        "attempt": record.attempt,
        "boot_id": boot_id,
        **({"broken_boot": True} if broken_boot else {}),
    }
    # What the watchdog rolls back has not failed: nobody may have tried to confirm it.
    if not cut_off:
        previous.failed = failed_attempt(record.attempt, config, cause, journal["actions"])
    booted = previous.awaits_verification(boot_id)
    if outstanding.boot_id != boot_id:
        previous.add_pending(boot_id, [{"type": "Reboot"}], daemon_reload=False, booted=booted)
    else:
        previous.add_pending(
            boot_id, outstanding.done, daemon_reload=bool(outstanding.done), booted=booted
        )
    previous.watch((), journal.get("ailing", ()))
    previous.save(folder)
    journal_file.discard(folder)
    return previous


def roll_back_disk(folder: str, journal: Journal) -> list[str]:
    """Roll back the disk, the last change first; return what failed."""
    failed: list[str] = []
    store = os.path.join(folder, "transaction")
    # Only in journals before schema 5, which have no images of links.
    states = journal.get("enabled", {})
    with _collecting_errors(failed, "the links of units that were not enabled"):
        for path in earlier_schemas.links_to_remove(states):
            durable.remove(path)
    boot_id = node_record.boot_id()
    for path, before in reversed(list(journal["images"].items())):
        if runtime_originals.is_of_earlier_boot(before, boot_id):
            continue
        with _collecting_errors(failed, path):
            durable.sweep(os.path.dirname(path))
            if not image.matches(path, before, store):
                image.restore(path, before, store)
    with _collecting_errors(failed, "the links of units that were enabled"):
        for path, target in earlier_schemas.links_to_create(states).items():
            durable.make_folders(path)
            durable.write_link(path, target)
    for user, text in journal["keys"].items():
        with _collecting_errors(failed, f"the SSH keys of {user}"):
            authorized_keys.roll_back(user, text)
    for made in reversed(journal["folders"]):
        # A folder that contains anything else is kept.
        durable.remove_folder(made)
    return failed


def _require_complete(failed: list[str]) -> None:
    if failed:
        raise NodeError(
            f"could not be rolled back: {'; '.join(failed)}",
            "fix the cause on the node; or move journal.json in /var/lib/machine-config away: "
            "what is named here then stays as it is",
        )


@contextlib.contextmanager
def _collecting_errors(failed: list[str], what: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        failed.append(f"{what} ({os_errors.to_node_error(error).cause})")
    except NodeError as error:
        failed.append(f"{what} ({error})")
