"""What counts as text: what a person can read, and no terminal obeys."""

import unicodedata
from typing import Final

_LAYOUT: Final = "\t\n\r"
# Control characters, and those that turn the direction of writing or hide.
_UNREADABLE: Final = {"Cc", "Cf"}


def as_text(data: bytes) -> str | None:
    """The text that these bytes are; None where they are something else."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    strange = (each for each in set(text) if each not in _LAYOUT)
    return None if any(unicodedata.category(each) in _UNREADABLE for each in strange) else text
