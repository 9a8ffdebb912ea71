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
    return None if strange(text) else text


def strange(text: str) -> set[str]:
    """The characters in it that nobody can read."""
    found = set(text).difference(_LAYOUT)
    return {each for each in found if unicodedata.category(each) in _UNREADABLE}
