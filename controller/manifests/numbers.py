"""Numbers as they reach the API server: whole ones of 64 bits, and else what a double holds."""

from decimal import Decimal
from typing import Final

_SMALLEST: Final = -(2**63)
_LARGEST: Final = 2**63 - 1
_DIGITS: Final = 19
# From here on Go writes a double with an exponent, which no longer reads as a whole number.
_EXPONENT: Final = 1e21


def sent(number: float) -> int | float:
    """The number that arrives: 1.0 as 1, and a whole one beyond 64 bits rounded."""
    if isinstance(number, int) and _SMALLEST <= number <= _LARGEST:
        return number
    double = float(number)
    if double.is_integer() and abs(double) < _EXPONENT:
        return int(Decimal(repr(double)))
    return double


def from_json(text: str) -> int | float:
    """A number of JSON; one that no double can hold is infinite."""
    digits = text.removeprefix("-")
    return sent(int(text) if digits.isdigit() and len(digits) <= _DIGITS else float(text))
