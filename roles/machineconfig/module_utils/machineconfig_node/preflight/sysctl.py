"""Whether files of kernel parameters can be read; no parameter is set."""

from __future__ import annotations

import re
from typing import Iterator

# A dash before a key ignores errors; alone with a key it takes that out of a pattern.
_LINE = re.compile(r"([#;].*)?|-?[^\s=]+\s*=.*|-[^\s=]+")


def problems(text: str) -> Iterator[str]:
    """The lines that are neither empty, nor a comment, nor a `key = value`."""
    for number, line in enumerate(text.split("\n"), start=1):
        if not _LINE.fullmatch(line.strip()):
            yield f"line {number} is no `key = value`"
