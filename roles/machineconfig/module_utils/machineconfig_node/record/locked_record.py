"""The record as a run may change it: under the node's lock, after the claim."""

from __future__ import annotations

import contextlib
from typing import Iterator

from ..systemd import shutdown_state
from . import lock, node_record


@contextlib.contextmanager
def locked_record(run: str, *, in_shutdown: bool = False) -> Iterator[node_record.Record]:
    """Hold the lock and yield the record to the run that claimed it last.

    Raises:
        SupersededError: another run has claimed the record since.
        TransientError: the node is about to shut down, and not `in_shutdown`. What is changed then
            would be half of the next boot.
    """
    node_record.prepare()
    with lock.locked(node_record.FOLDER):
        record = node_record.load_to_change()
        record.require(run)
        if not in_shutdown:
            shutdown_state.refuse_while_pending()
        yield record
