"""File modes as people write them: octal digits that lost their octal on the way."""

from typing import Final

LARGEST: Final = 0o777
# Modes that are written every day. Read as a decimal number each is one that nobody asks for.
_COMMON: Final = frozenset(
    (400, 440, 444, 500, 550, 555, 600, 640, 644, 660, 664, 666, 700, 711, 750, 755, 770, 775, 777)
)


def meant(mode: int) -> int | None:
    """The mode that was surely meant: 644 is the number 0o1204, and 0644 is what people want."""
    return int(str(mode), 8) if mode in _COMMON else None


def in_words(text: str) -> int | None:
    """The mode that a string stands for: "0644", "644" and "0o644" are 420."""
    digits = text.strip().lower().removeprefix("0o")
    mode = int(digits, 8) if digits and set(digits) <= set("01234567") else None
    return mode if mode is not None and mode <= LARGEST else None


def octal(mode: int) -> str:
    """The mode in the digits that chmod takes: 0644."""
    return f"0{mode:03o}"


def written(mode: int) -> str:
    """How to write a mode in a manifest."""
    return f"{octal(mode)} in YAML or {mode} in JSON"
