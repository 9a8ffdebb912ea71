"""Originals that could not be restored on a node, though no config manages their paths; pure."""

from collections.abc import Collection, Iterator
from typing import Final

from controller.api.json_object import Json
from controller.api.machine_config_node import Unreturned

_MOST: Final = 100  # of them, as a MachineConfigNode may have
_SUMMARIZED: Final = 5
_LONGEST: Final = 300  # characters of a node's text about one of them


def reported(answer: Json) -> tuple[Unreturned, ...]:
    """Return those in the answer of a node; what is invalid is left out."""
    given = answer.get("unreturned")
    valid = [each for each in given if isinstance(each, dict)] if isinstance(given, list) else []
    return tuple(
        Unreturned(**{key: _line(each.get(key, "")) for key in ("name", "cause", "remedy")})
        for each in valid[:_MOST]
    )


def summary(found: Collection[Unreturned]) -> str:
    """Return one text about all of them; empty if there are none."""
    return "; ".join(_sentences(found))


def _sentences(found: Collection[Unreturned]) -> Iterator[str]:
    for each in tuple(found)[:_SUMMARIZED]:
        yield f"{each.name} was not restored: {each.cause} ({each.remedy})"
    if len(found) > _SUMMARIZED:
        yield f"{len(found) - _SUMMARIZED} more were not restored"


def _line(value: object) -> str:
    return " ".join(str(value).split())[:_LONGEST]
