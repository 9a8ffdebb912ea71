"""How a module answers, and how one that changes the node gets its turn."""

from __future__ import annotations

import contextlib
from typing import Any, Callable, Dict, Iterator

from . import lock, os_errors, record
from .errors import NodeError

Asked = Dict[str, Any]
Answer = Dict[str, Any]


def answer(module: Any, work: Callable[[], Answer]) -> None:  # noqa: ANN401 - AnsibleModule is untyped
    """End the module with what `work` returns, or with the cause and remedy that it raises."""
    try:
        module.exit_json(**work())
    except NodeError as error:
        module.fail_json(msg=str(error), cause=error.cause, remedy=error.remedy, **error.marks)
    except OSError as error:
        told = os_errors.told(error)
        module.fail_json(msg=str(told), cause=told.cause, remedy=told.remedy)


@contextlib.contextmanager
def turn(run: str) -> Iterator[record.Record]:
    """The record, held under the lock, for the run that claimed it last."""
    record.prepare()
    with lock.locked(record.FOLDER):
        found = record.load()
        found.require(run)
        yield found
