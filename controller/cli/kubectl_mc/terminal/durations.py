"""Durations and ages, as users and kubectl write them; pure."""

import re
from datetime import timedelta
from typing import Final

import typer

_FORM: Final = re.compile(r"(?=.)(?:(\d{1,4})h)?(?:(\d{1,6})m)?(?:(\d{1,8})s?)?", re.ASCII)

_MINUTE: Final = 60
_HOUR: Final = 60 * _MINUTE
_DAY: Final = 24 * _HOUR

# Below how many seconds; the unit; and the smaller unit that is printed beside it.
_AGE_FORMS: Final = (
    (2 * _MINUTE, (1, "s"), None),
    (10 * _MINUTE, (_MINUTE, "m"), (1, "s")),
    (3 * _HOUR, (_MINUTE, "m"), None),
    (8 * _HOUR, (_HOUR, "h"), (_MINUTE, "m")),
    (2 * _DAY, (_HOUR, "h"), None),
    (8 * _DAY, (_DAY, "d"), (_HOUR, "h")),
    (float("inf"), (_DAY, "d"), None),
)


def parse_duration(text: str | float) -> float:
    """Return the seconds of `120`, `90s`, `2m` or `1h30m`; a number is an option's default.

    Raises:
        typer.BadParameter: the text is not a duration.
    """
    if isinstance(text, float):
        return text
    match = _FORM.fullmatch(text)
    if match is None:
        raise typer.BadParameter(f"{text} is not a duration; write 90s, 2m or 1h30m")
    hours, minutes, rest = (int(group or 0) for group in match.groups())
    return float((hours * 60 + minutes) * 60 + rest)


def format_duration(seconds: float) -> str:
    """Return `2m` or `1h30m`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    parts = ((hours, "h"), (minutes, "m"), (rest, "s"))
    return "".join(f"{number}{unit}" for number, unit in parts if number) or "0s"


def age(span: timedelta) -> str:
    """Return `45s`, `3m12s`, `7h5m` or `12d`; 0s if the clocks differ and the time is to come."""
    seconds = max(0, int(span.total_seconds()))
    unit, smaller = next((unit, smaller) for below, unit, smaller in _AGE_FORMS if seconds < below)
    whole, rest = divmod(seconds, unit[0])
    besides = rest // smaller[0] if smaller else 0
    return f"{whole}{unit[1]}" + (f"{besides}{smaller[1]}" if smaller and besides else "")
