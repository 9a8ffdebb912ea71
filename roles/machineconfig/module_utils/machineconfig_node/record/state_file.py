"""Reads the files that keep the node's state, and detects damaged ones."""

from __future__ import annotations

import json
from typing import Any

from ..filesystem import safe_paths
from .schema import WHOLE, Schema

# Thousands of times the usual size.
_MOST_BYTES = 256 << 20


class DamagedError(ValueError):
    """The content of the file is invalid."""


def read(path: str) -> Any:  # noqa: ANN401 - any JSON
    """Return the content of the file; None if there is no file.

    Raises:
        DamagedError: it is not JSON, or not a regular file.
    """
    with safe_paths.opened(path) as there:
        if there is None:
            return None
        if there.type != "file":
            raise DamagedError(f"a {there.type} is in its place")
        if there.status.st_size > _MOST_BYTES:
            raise DamagedError(f"it is larger than {_MOST_BYTES >> 20} MiB")
        with there.open() as stream:
            return _parsed(stream.read())


def validate(schema: Schema, data: object) -> None:
    """Raise a DamagedError if the content of the file does not match the schema."""
    try:
        schema(data, WHOLE)
    except ValueError as error:
        raise DamagedError(str(error)) from None


def _parsed(content: bytes) -> Any:  # noqa: ANN401 - any JSON
    if not content:
        raise DamagedError("it is empty")
    try:
        found = json.loads(content.decode(), parse_constant=_refuse_constant)
    except RecursionError:
        raise DamagedError("it is nested too deeply") from None
    except ValueError as error:
        raise DamagedError(f"it is not JSON: {error}") from None
    if found is None:
        raise DamagedError("it is null")
    return found


def _refuse_constant(constant: str) -> None:
    raise ValueError(f"{constant} is not a number")
