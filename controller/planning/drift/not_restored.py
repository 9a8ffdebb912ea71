"""What was not given back on a node, though no config holds it any more; pure."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from controller.api.machine_config_node import Unreturned

_MOST: Final = 100  # of them, as the MachineConfigNode takes them
_TOLD: Final = 5
_LONGEST: Final = 300  # characters of what a node says of one of them


def reported(answer: Mapping[str, Any]) -> tuple[Unreturned, ...]:
    """In the answer of a node, which may say what it likes: what makes no sense is left out."""
    told = answer.get("unreturned")
    known = [each for each in told if isinstance(each, dict)] if isinstance(told, list) else []
    return tuple(
        Unreturned(**{key: _line(each.get(key, "")) for key in ("name", "cause", "remedy")})
        for each in known[:_MOST]
    )


def summary(found: Collection[Unreturned]) -> str:
    """All of them in words; empty where everything was given back."""
    return "; ".join(_words(found))


def _words(found: Collection[Unreturned]) -> Iterator[str]:
    for each in tuple(found)[:_TOLD]:
        yield f"{each.name} was not given back: {each.cause} ({each.remedy})"
    if len(found) > _TOLD:
        yield f"{len(found) - _TOLD} more were not given back"


def _line(said: object) -> str:
    return " ".join(str(said).split())[:_LONGEST]
