"""JSON text that is nested too deeply for the standard library, cut so that it can be read.

The API server accepts 10,000 levels, Python's scanner fewer than 1,000. No valid object needs a
tenth of that, so validation still rejects an object that was cut, and only that one.
"""

import re
from typing import Final

MAX_DEPTH: Final = 200  # levels
_TOKEN: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[][{}]', re.DOTALL)


def limit_depth(text: bytes) -> bytes:
    """Return the JSON text with `null` for each value that is nested deeper than `MAX_DEPTH`."""
    kept: list[bytes] = []
    depth = start = 0
    for token in _TOKEN.finditer(text):
        match token[0]:
            case b"{" | b"[":
                depth += 1
                if depth == MAX_DEPTH + 1:
                    kept += text[start : token.start()], b"null"
            case b"}" | b"]":
                if depth == MAX_DEPTH + 1:
                    start = token.end()
                depth -= 1
    return b"".join((*kept, text[start:]))
