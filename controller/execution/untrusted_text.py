"""What a node, or a tool that talked to it, says: made harmless where it enters; pure.

A compromised node answers with what it likes, and a status, an annotation or an Event shows it to
people on their terminals. So only letters and the printable part of ASCII stay as they are. All
else is shown as an escape: control characters, marks that turn the direction of the text, spaces
and punctuation that look like ASCII's, and letters of another script in a Latin word.
"""

import re
import unicodedata
from collections.abc import Mapping
from itertools import islice
from typing import Any, Final

LONGEST: Final = 1024  # characters of one text, as a status takes them
_LONGEST_KEY: Final = 128
_MOST_ITEMS: Final = 1000  # of one list or object
_DEEPEST: Final = 8
_CUT: Final = "…"
_WORD: Final = re.compile(r"\w+")


def sanitize(value: Any, depth: int = 0) -> Any:  # noqa: ANN401 - any JSON value
    """A JSON value with every text in it harmless, and with a bound on its size."""
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
    """The text as one line that shows what it is, at most `longest` characters long."""
    # Some more than is kept, so that white space cannot hide what follows it.
    joined = " ".join(text[: 4 * longest].split())
    shown = _WORD.sub(_word, "".join(map(_character, joined)))
    if len(shown) <= longest and len(text) <= 4 * longest:
        return shown
    return shown[: longest - len(_CUT)] + _CUT


def _character(char: str) -> str:
    """A character that can be mistaken for nothing else; else its escape."""
    if char.isascii():
        return char if char.isprintable() else _escape(char)
    if char == _CUT:
        return char
    is_text = unicodedata.category(char)[0] in "LM"
    return char if is_text and unicodedata.normalize("NFKC", char) == char else _escape(char)


def _word(found: re.Match[str]) -> str:
    """A word with Latin letters has no other ones, which would only look like them."""
    word = found[0]
    if word.isascii() or not any(map(_is_latin, word)):
        return word
    return "".join(char if char.isascii() or _is_latin(char) else _escape(char) for char in word)


def _is_latin(char: str) -> bool:
    return char.isalpha() and unicodedata.name(char, "").startswith("LATIN")


def _escape(char: str) -> str:
    return char.encode("unicode_escape").decode()
