"""The files that contain the record: the record itself, the index of originals, and the journal.

The index is a copy of the record in the folder of the originals, and is written before the record.
It knows what is at a path before a change replaces that. If the record is lost or damaged, it is
read from the index, or else from the journal, which contains the record before the last change.
"""

from __future__ import annotations

import os
from typing import Any, Callable, Dict, Iterator, NamedTuple

from ..base.errors import NodeError
from . import record_schema, state_file
from .schema import Schema
from .state_file import DamagedError

SCHEMA = 5
RECORD = "record.json"
INDEX = "originals/index.json"
_REMEDY = (
    "restore it from a backup, or use the version that wrote it; or move it away: the next update "
    "then adopts the node as it is, and keeps the originals aside, to be restored by hand"
)
Data = Dict[str, Any]


class _File(NamedTuple):
    """One of the files, and how the record is found in it."""

    name: str
    schema: Schema
    record: Callable[[Any], Any] = lambda content: content


def _of_journal(content: Any) -> Any:  # noqa: ANN401 - any JSON
    return content.get("record") if isinstance(content, dict) else content


_OWN = _File(RECORD, record_schema.RECORD)
_COPY = _File(INDEX, record_schema.RECORD)
_FILES = (_OWN, _COPY, _File("journal.json", record_schema.JOURNAL, _of_journal))


def read(folder: str) -> Data | None:
    """Return the record from the first file that contains one; None if there is no file.

    Raises:
        NodeError: there are only damaged files.
    """
    damaged: list[str] = []
    for file in _FILES:
        found, damage = _read(folder, file)
        if found is not None:
            return found
        damaged += filter(None, [damage])
    if damaged:
        raise NodeError("; ".join(damaged), _REMEDY)
    return None


def problem(folder: str) -> str:
    """Return `missing` or `damaged` if the record itself is that; else empty."""
    found, damage = _read(folder, _OWN)
    if found is not None:
        return ""
    return "damaged" if damage else "missing"


def keep_damaged(folder: str) -> None:
    """Rename a damaged record or index, so that a new one does not replace it."""
    for file in (_OWN, _COPY):
        _, damage = _read(folder, file)
        if damage:
            _rename(folder, file.name, "damaged")


def keep_unknown_originals(folder: str) -> None:
    """Rename the folder of originals if it contains any; call it if there is no record at all."""
    if os.listdir(os.path.join(folder, "originals")):
        _rename(folder, "originals", "unknown")


def _rename(folder: str, name: str, why: str) -> None:
    new = next(each for each in _names(folder, name, why) if not os.path.lexists(each))
    os.rename(os.path.join(folder, name), new)


def _names(folder: str, name: str, why: str) -> Iterator[str]:
    first = os.path.join(folder, f"{os.path.basename(name)}.{why}")
    yield first
    number = 2
    while True:
        yield f"{first}-{number}"
        number += 1


def _read(folder: str, file: _File) -> tuple[Data | None, str]:
    """Return the record in the file, or how the file is damaged."""
    path = os.path.join(folder, file.name)
    try:
        content = state_file.read(path)
        if content is None:
            return None, ""
        _refuse_newer(file.record(content))
        state_file.validate(file.schema, content)
    except DamagedError as error:
        return None, f"{path} is damaged: {error}"
    return file.record(content), ""


def _refuse_newer(data: object) -> None:
    schema = data.get("schema") if isinstance(data, dict) else None
    if isinstance(schema, int) and schema > SCHEMA:
        raise DamagedError(f"it has schema {schema}, of a newer version of this package")
