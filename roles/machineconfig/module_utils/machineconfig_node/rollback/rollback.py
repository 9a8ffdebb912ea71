"""Returning the disk and the record to what they were before the last apply."""

from __future__ import annotations

import contextlib
import os
from typing import Iterator

from ..base import os_errors
from ..base.errors import NodeError
from ..filesystem import durable, image
from ..record import earlier_schemas
from ..record.failed_attempt import failed_attempt
from ..record.node_record import PendingActions, Record
from ..ssh import authorized_keys
from . import journal_file
from .journal_file import Journal


def roll_back_interrupted(folder: str, record: Record, boot_id: str) -> bool:
    """Roll back a transaction that died; what it would have owed stays owed.

    Something on the node may have read the half that was written, so its debts are kept.

    Raises:
        NodeError: something could not be put back; it can be tried again.
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


def roll_back_committed(
    folder: str, record: Record, boot_id: str, cause: str, *, cut_off: bool
) -> Record:
    """Put back what a committed apply has changed; the record that holds from then on.

    It owes the services that had been restarted once more, and a reboot where the config that goes
    has been booted into.

    Raises:
        NodeError: something could not be put back; it can be tried again.
    """
    journal = journal_file.read(folder)
    if journal is None:
        raise NodeError("there is nothing to go back to", "apply the config that you want")
    if record.serial > journal["serial"] + 1:
        # An earlier call died between the record and the journal.
        journal_file.discard(folder)
        return record
    _require_complete(roll_back_disk(folder, journal))
    debts = record.debts or PendingActions(boot_id, [])
    back = Record.read(journal["record"])
    back.serial, back.run, back.fence = record.serial + 1, record.run, record.fence
    # Journals of earlier versions do not name it, and are of what the record was brought to.
    config = journal.get("config", record.config)
    back.reverted = {"config": config, "cause": cause, "cut_off": cut_off}
    back.failed = failed_attempt(record.attempt, config, cause, journal["actions"])
    booted = back.awaits_verification(boot_id)
    if debts.boot_id != boot_id:
        back.add_pending(boot_id, [{"type": "Reboot"}], daemon_reload=False, booted=booted)
    else:
        back.add_pending(boot_id, debts.done, daemon_reload=bool(debts.done), booted=booted)
    back.watch((), journal.get("ailing", ()))
    back.save(folder)
    journal_file.discard(folder)
    return back


def roll_back_disk(folder: str, journal: Journal) -> list[str]:
    """Put everything back, the last change first; return what could not be."""
    left: list[str] = []
    store = os.path.join(folder, "transaction")
    # Journals before schema 5 have it, and no images of links.
    states = journal.get("enabled", {})
    with _collecting_errors(left, "the links of units that were not enabled"):
        for path in earlier_schemas.links_to_remove(states):
            durable.remove(path)
    for path, before in reversed(list(journal["images"].items())):
        with _collecting_errors(left, path):
            durable.sweep(os.path.dirname(path))
            if not image.matches(path, before, store):
                image.restore(path, before, store)
    with _collecting_errors(left, "the links of units that were enabled"):
        for path, target in earlier_schemas.links_to_create(states).items():
            durable.make_folders(path)
            durable.write_link(path, target)
    for user, text in journal["keys"].items():
        with _collecting_errors(left, f"the SSH keys of {user}"):
            authorized_keys.roll_back(user, text)
    for made in reversed(journal["folders"]):
        # One that something else has been put into is no longer ours.
        durable.remove_folder(made)
    return left


def _require_complete(left: list[str]) -> None:
    if left:
        raise NodeError(f"could not be put back: {'; '.join(left)}", "mend the cause on the node")


@contextlib.contextmanager
def _collecting_errors(left: list[str], what: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        left.append(f"{what} ({os_errors.to_node_error(error).cause})")
    except NodeError as error:
        left.append(f"{what} ({error})")
