"""One check: where the node is not as wanted, told only of a node that nobody was changing."""

from __future__ import annotations

import os
from typing import Iterator

from ..apply.preview import outlook
from ..base import force_file
from ..base.errors import NodeError, RestoredError
from ..base.module import Result
from ..comparison import compare
from ..comparison.compare import Difference, Digest
from ..enablement import resolving
from ..manifest.desired_state import Desired
from ..record import lock, record
from ..rollback import journal_file
from ..ssh import authorized_keys


def check(wanted: Desired, folder: str = record.FOLDER, tell: Digest = compare.digest) -> Result:
    """What differs, without touching anything; `tell` tells the digests of files.

    Writers wait for as long as it takes, so that what is seen is the node before a transaction or
    after it; where one is under way, `moved` is true and nothing is said of the disk.
    """
    with lock.undisturbed(folder) as is_undisturbed:
        found = record.load(folder)
        moved = not is_undisturbed() or journal_file.is_under_way(folder, found)
        wanted = resolving.resolved(wanted, found, folder)
        differences = [] if moved else list(_differences(wanted, folder, tell))
        if not is_undisturbed():
            moved, differences = True, []
        return {
            **outlook(found, wanted, differences),
            "recorded": found.adopted,
            "settled": journal_file.is_settled(folder, found),
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
    yield from compare.of_paths(wanted, tell)
    yield from compare.of_enablement(wanted)
    yield from _of_keys(wanted)
    yield from _of_record(folder)


def _of_keys(wanted: Desired) -> Iterator[Difference]:
    """Where an apply would have to fail, a check still has the rest to tell."""
    try:
        yield from compare.of_keys(wanted)
    except NodeError:
        there = authorized_keys.has_user(wanted.user)
        yield Difference("sshkey", wanted.user, "unreadable" if there else "its user is gone")


def _of_record(folder: str) -> Iterator[Difference]:
    path = os.path.join(folder, "record.json")
    if not os.path.lexists(path):
        yield Difference("record", path, "missing", path)
