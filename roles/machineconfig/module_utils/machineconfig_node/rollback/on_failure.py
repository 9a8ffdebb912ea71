"""A change that fails in the middle leaves every path as it was before it."""

from __future__ import annotations

import contextlib
from typing import Iterator

from ..base import os_errors
from ..base.errors import NodeError
from . import confirmation, journal_file, rollback


@contextlib.contextmanager
def rolled_back_on_failure(folder: str, journal: journal_file.Journal) -> Iterator[None]:
    """Put everything back as the journal has it where the change within fails.

    Raises:
        NodeError: the change has failed; it says too whether everything was put back.
    """
    try:
        yield
    except Exception as error:
        left = rollback.roll_back_disk(folder, journal)
        # Where something is left, the timer and whoever comes next try it again.
        if not left:
            journal_file.discard(folder)
            confirmation.confirm(folder)
        raise _failed(error, left) from error


def _failed(error: Exception, left: list[str]) -> NodeError:
    outcome = f"could not be put back: {'; '.join(left)}" if left else "everything was put back"
    told = os_errors.to_node_error(error) if isinstance(error, OSError) else error
    if isinstance(told, NodeError):
        return NodeError(f"{told.cause} ({outcome})", told.remedy)
    return NodeError(f"{error} ({outcome})", "mend the cause on the node")
