"""File modes as users write them, such as octal digits that were read as a decimal number."""

from typing import Final

LARGEST: Final = 0o777
# Common modes. Each is an implausible mode if its digits are read as a decimal number.
_COMMON: Final = frozenset(
    (400, 440, 444, 500, 550, 555, 600, 640, 644, 660, 664, 666, 700, 711, 750, 755, 770, 775, 777)
)


def intended(mode: int) -> int | None:
    """Return the mode that the author intended: the number 644 is 0o1204, but means 0644."""
    return int(str(mode), 8) if mode in _COMMON else None


def parse(text: str) -> int | None:
    """Return the mode of a string: "0644", "644" and "0o644" are 420."""
    digits = text.strip().lower().removeprefix("0o")
    mode = int(digits, 8) if digits and set(digits) <= set("01234567") else None
    return mode if mode is not None and mode <= LARGEST else None


def octal(mode: int) -> str:
    """Return the mode in octal digits as for chmod, such as 0644."""
    return f"0{mode:03o}"


def written(mode: int) -> str:
    """Return how to write a mode in a manifest."""
    return f"{octal(mode)} in YAML or {mode} in JSON"
