"""Text from a node, or from a tool that connected to it, is made harmless where it enters; pure.

A compromised node can answer anything, and statuses, annotations and Events show it on terminals.
So only letters and printable ASCII characters are kept. All others become an escape: control
characters, marks that change the direction of the text, spaces and punctuation that look like those
of ASCII, and letters of another script in a Latin word.
"""

import re
import unicodedata
from collections.abc import Mapping
from itertools import islice
from typing import Any, Final

LONGEST: Final = 1024  # characters of one text, as a status may have
_LONGEST_KEY: Final = 128
_MOST_ITEMS: Final = 1000  # of one list or object
_DEEPEST: Final = 8
_CUT: Final = "…"
_WORD: Final = re.compile(r"\w+")


def sanitize(value: Any, depth: int = 0) -> Any:  # noqa: ANN401 - any JSON value
    """Return a JSON value with all text in it made harmless, and its size limited."""
    if isinstance(value, str):
        return sanitize_line(value)
    if depth >= _DEEPEST:
        return None
    if isinstance(value, Mapping):
        some = islice(value.items(), _MOST_ITEMS)
        return {
            sanitize_line(str(key), _LONGEST_KEY): sanitize(each, depth + 1) for key, each in some
        }
    if isinstance(value, list | tuple):
        return [sanitize(each, depth + 1) for each in value[:_MOST_ITEMS]]
    return value if isinstance(value, int | float | None) else sanitize_line(str(value))


def sanitize_line(text: str, longest: int = LONGEST) -> str:
    """Return the text as one harmless line of at most `longest` characters."""
    # More than is kept, so that white space cannot hide what follows it.
    joined = " ".join(text[: 4 * longest].split())
    shown = _WORD.sub(_word, "".join(map(_character, joined)))
    if len(shown) <= longest and len(text) <= 4 * longest:
        return shown
    return shown[: longest - len(_CUT)] + _CUT


def _character(char: str) -> str:
    """Return the character if it cannot be mistaken for another one, else its escape."""
    if char.isascii():
        return char if char.isprintable() else _escape(char)
    if char == _CUT:
        return char
    is_text = unicodedata.category(char)[0] in "LM"
    return char if is_text and unicodedata.normalize("NFKC", char) == char else _escape(char)


def _word(found: re.Match[str]) -> str:
    """Return a word in which letters that only look like Latin ones are escaped."""
    word = found[0]
    if word.isascii() or not any(map(_is_latin, word)):
        return word
    return "".join(char if char.isascii() or _is_latin(char) else _escape(char) for char in word)


def _is_latin(char: str) -> bool:
    return char.isalpha() and unicodedata.name(char, "").startswith("LATIN")


def _escape(char: str) -> str:
    return char.encode("unicode_escape").decode()
