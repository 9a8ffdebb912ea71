"""The distinction between text, which can be shown, and binary data; pure."""

import unicodedata
from typing import Final

_LAYOUT: Final = "\t\n\r"
# Control characters, and format characters, which are invisible or change the writing direction.
_UNREADABLE: Final = {"Cc", "Cf"}


def as_text(data: bytes) -> str | None:
    """Return the bytes as text; None if they are not readable text."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    return None if unreadable_characters(text) else text


def unreadable_characters(text: str) -> set[str]:
    """Return the control and format characters in the text, other than tabs and line ends."""
    found = set(text).difference(_LAYOUT)
    return {char for char in found if unicodedata.category(char) in _UNREADABLE}
