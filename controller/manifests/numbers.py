"""Numbers as kubectl sends them: integers of 64 bits, or else doubles."""

from decimal import Decimal
from typing import Final

_SMALLEST: Final = -(2**63)
_LARGEST: Final = 2**63 - 1
_DIGITS: Final = 19
# From this number on Go writes a double with an exponent, which is not parsed as an integer.
_MIN_EXPONENT: Final = 1e21


def sent(number: float) -> int | float:
    """Return the number as sent: 1.0 as 1, and an integer beyond 64 bits rounded."""
    if isinstance(number, int) and _SMALLEST <= number <= _LARGEST:
        return number
    double = float(number)
    if double.is_integer() and abs(double) < _MIN_EXPONENT:
        return int(Decimal(repr(double)))
    return double


def from_json(text: str) -> int | float:
    """Parse a number of JSON; one that is too large for a double is infinite."""
    digits = text.removeprefix("-")
    return sent(int(text) if digits.isdigit() and len(digits) <= _DIGITS else float(text))
