"""How long ago something was, in as few characters as kubectl takes; pure."""

from datetime import timedelta
from typing import Final

_MINUTE: Final = 60
_HOUR: Final = 60 * _MINUTE
_DAY: Final = 24 * _HOUR

# Up to how many seconds, the unit, and the smaller one that is worth saying beside it.
_FORMS: Final = (
    (2 * _MINUTE, (1, "s"), None),
    (10 * _MINUTE, (_MINUTE, "m"), (1, "s")),
    (3 * _HOUR, (_MINUTE, "m"), None),
    (8 * _HOUR, (_HOUR, "h"), (_MINUTE, "m")),
    (2 * _DAY, (_HOUR, "h"), None),
    (8 * _DAY, (_DAY, "d"), (_HOUR, "h")),
    (float("inf"), (_DAY, "d"), None),
)


def age(span: timedelta) -> str:
    """`45s`, `3m12s`, `7h5m`, `12d`; two clocks that differ make nothing younger than now."""
    seconds = max(0, int(span.total_seconds()))
    unit, smaller = next((unit, smaller) for most, unit, smaller in _FORMS if seconds < most)
    whole, rest = divmod(seconds, unit[0])
    besides = rest // smaller[0] if smaller else 0
    return f"{whole}{unit[1]}" + (f"{besides}{smaller[1]}" if smaller and besides else "")
