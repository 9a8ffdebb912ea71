"""Validates the syntax of sysctl files; no parameter is set."""

from __future__ import annotations

import re
from typing import Iterator

# A dash before a key ignores errors; without a value, it excludes the key from a pattern.
_LINE = re.compile(r"([#;].*)?|-?[^\s=]+\s*=.*|-[^\s=]+")


def problems(text: str) -> Iterator[str]:
    """Yield the lines that are neither empty, nor a comment, nor a `key = value`."""
    for number, line in enumerate(text.split("\n"), start=1):
        if not _LINE.fullmatch(line.strip()):
            yield f"line {number} is not a `key = value`"
