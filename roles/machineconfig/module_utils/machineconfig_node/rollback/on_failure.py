"""Rolls back a change that fails halfway."""

from __future__ import annotations

import contextlib
from typing import Iterator

from ..base import os_errors
from ..base.errors import NodeError
from . import confirmation, journal_file, rollback


@contextlib.contextmanager
def rolled_back(folder: str, journal: journal_file.Journal) -> Iterator[None]:
    """Roll back the disk by the journal if the block fails.

    Raises:
        NodeError: the change failed; the cause includes the result of the rollback.
    """
    try:
        yield
    except Exception as error:
        incomplete = rollback.roll_back_disk(folder, journal)
        # Otherwise the watchdog and the next run retry it.
        if not incomplete:
            journal_file.discard(folder)
            confirmation.confirm(folder)
        raise _failed(error, incomplete) from error


def _failed(error: Exception, incomplete: list[str]) -> NodeError:
    outcome = "everything was rolled back"
    if incomplete:
        outcome = f"could not be rolled back: {'; '.join(incomplete)}"
    node_error = os_errors.to_node_error(error) if isinstance(error, OSError) else error
    if isinstance(node_error, NodeError):
        return NodeError(f"{node_error.cause} ({outcome})", node_error.remedy)
    return NodeError(f"{error} ({outcome})", "fix the cause on the node")
