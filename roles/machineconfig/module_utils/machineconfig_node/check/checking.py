"""One drift check, whose result is valid only if no run was changing the node."""

from __future__ import annotations

import os
from typing import Iterator

from ..apply.preview import preview
from ..base import force_file
from ..base.errors import NodeError, RestoredError
from ..base.module import Result
from ..comparison import compare
from ..comparison.compare import Difference, Digest
from ..enablement import resolving
from ..manifest.desired_state import DesiredState
from ..record import lock, node_record, record_files
from ..rollback import journal_file
from ..ssh import authorized_keys


def check(
    desired: DesiredState, folder: str = node_record.FOLDER, digest_of: Digest = compare.digest
) -> Result:
    """Return the differences, without changing anything; `digest_of` returns digests of files.

    Writers wait during the check, so it sees the node before or after a transaction. If one is
    running, `moved` is true and no differences are returned.
    """
    with lock.writers_held_off(folder) as no_writer:
        record = node_record.load(folder)
        moved = not no_writer() or journal_file.is_under_way(folder, record)
        desired = resolving.resolve(desired, record, folder)
        differences = [] if moved else list(_differences(desired, folder, digest_of))
        if not no_writer():
            moved, differences = True, []
        return {
            **preview(record, desired, differences),
            "recorded": record.has_config,
            "settled": journal_file.is_settled(folder, record),
            "by_hand": record.has_config and not record.attempt,
            "restored": _restored(record),
            "forced": force_file.exists(),
            "moved": moved,
        }


def _restored(record: node_record.Record) -> dict[str, str]:
    try:
        record.refuse_if_restored()
    except RestoredError as error:
        return {"cause": error.cause, "remedy": error.remedy}
    return {}


def _differences(desired: DesiredState, folder: str, digest_of: Digest) -> Iterator[Difference]:
    yield from compare.of_paths(desired, digest_of)
    yield from compare.of_enablement(desired)
    yield from _of_keys(desired)
    yield from _of_record(folder)


def _of_keys(desired: DesiredState) -> Iterator[Difference]:
    """Yield a difference for keys that cannot be read, which would fail an apply."""
    try:
        yield from compare.of_keys(desired)
    except NodeError:
        there = authorized_keys.user_exists(desired.user)
        yield Difference("sshkey", desired.user, "unreadable" if there else "its user is gone")


def _of_record(folder: str) -> Iterator[Difference]:
    path, problem = os.path.join(folder, record_files.RECORD), record_files.problem(folder)
    if problem:
        yield Difference("record", path, problem, path)
