"""How long to wait, as people and kubectl write it; pure."""

import re
from typing import Final

import typer

_FORM: Final = re.compile(r"(?=.)(?:(\d{1,4})h)?(?:(\d{1,6})m)?(?:(\d{1,8})s?)?", re.ASCII)


def seconds(text: str | float) -> float:
    """The seconds that `120`, `90s`, `2m` or `1h30m` are; a default is a number already.

    Raises:
        typer.BadParameter: it is no such thing.
    """
    if isinstance(text, float):
        return text
    match = _FORM.fullmatch(text)
    if match is None:
        raise typer.BadParameter(f"{text} is no duration; write 90s, 2m or 1h30m")
    hours, minutes, rest = (int(each or 0) for each in match.groups())
    return float((hours * 60 + minutes) * 60 + rest)


def in_words(span: float) -> str:
    """The same the other way round: `2m`, `1h30m`."""
    minutes, rest = divmod(round(span), 60)
    hours, minutes = divmod(minutes, 60)
    parts = ((hours, "h"), (minutes, "m"), (rest, "s"))
    return "".join(f"{number}{unit}" for number, unit in parts if number) or "0s"
