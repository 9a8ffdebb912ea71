"""One check: where the node is not as wanted, told only of a node that nobody was changing."""

from __future__ import annotations

import os
from typing import Iterator

from . import authorized_keys, comparison, enablement, force_file, lock, record, undo
from .call import Answer
from .comparison import Difference, Digest
from .desired import Desired
from .errors import NodeError, RestoredError
from .outlook import outlook


def check(wanted: Desired, folder: str = record.FOLDER, tell: Digest = comparison.digest) -> Answer:
    """What differs, without touching anything; `tell` tells the digests of files.

    Writers wait for as long as it takes, so that what is seen is the node before a transaction or
    after it; where one is under way, `moved` is true and nothing is said of the disk.
    """
    with lock.undisturbed(folder) as is_undisturbed:
        found = record.load(folder)
        moved = not is_undisturbed() or undo.is_under_way(folder, found)
        wanted = enablement.resolved(wanted, found, folder)
        differences = [] if moved else list(_differences(wanted, folder, tell))
        if not is_undisturbed():
            moved, differences = True, []
        return {
            **outlook(found, wanted, differences),
            "recorded": found.adopted,
            "settled": undo.is_settled(folder, found),
            "by_hand": found.adopted and not found.attempt,
            "restored": _restored(found),
            "forced": force_file.is_there(),
            "moved": moved,
        }


def _restored(found: record.Record) -> dict[str, str]:
    try:
        found.refuse_if_restored()
    except RestoredError as error:
        return {"cause": error.cause, "remedy": error.remedy}
    return {}


def _differences(wanted: Desired, folder: str, tell: Digest) -> Iterator[Difference]:
    yield from comparison.of_paths(wanted, tell)
    yield from comparison.of_enablement(wanted)
    yield from _of_keys(wanted)
    yield from _of_record(folder)


def _of_keys(wanted: Desired) -> Iterator[Difference]:
    """Where an apply would have to fail, a check still has the rest to tell."""
    try:
        yield from comparison.of_keys(wanted)
    except NodeError:
        there = authorized_keys.has_user(wanted.user)
        yield Difference("sshkey", wanted.user, "unreadable" if there else "its user is gone")


def _of_record(folder: str) -> Iterator[Difference]:
    path = os.path.join(folder, "record.json")
    if not os.path.lexists(path):
        yield Difference("record", path, "missing", path)
