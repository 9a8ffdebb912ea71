"""The record as a run may change it: under the node's lock, after the claim."""

from __future__ import annotations

import contextlib
from typing import Iterator

from . import lock, record


@contextlib.contextmanager
def locked_record(run: str) -> Iterator[record.Record]:
    """Hold the lock and yield the record to the run that claimed it last.

    Raises:
        SupersededError: another run has claimed the record since.
    """
    record.prepare()
    with lock.locked(record.FOLDER):
        found = record.load()
        found.require(run)
        yield found
