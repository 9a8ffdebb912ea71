"""What an update did not give back, though its config no longer holds it; pure."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from controller.planning.few import few

_MOST: Final = 5
_LONGEST: Final = 300  # characters of what a node says of one of them


def leftovers(applied: Mapping[str, Any]) -> str:
    """In words, from what a node said of its apply; empty where everything was given back.

    A node may say what it likes: what makes no sense is left out.
    """
    left = [each for each in _list(applied.get("left")) if isinstance(each, str)]
    changed = f"left, since somebody has changed it: {few(left)}"
    return "; ".join([*_unreturned(_list(applied.get("unreturned"))), *([changed] if left else [])])


def _unreturned(told: Iterable[Any]) -> Iterator[str]:
    known = [each for each in told if isinstance(each, dict)]
    for each in known[:_MOST]:
        words = "{} could not be given back: {} ({})".format(
            *(each.get(key, "") for key in ("name", "cause", "remedy"))
        )
        yield " ".join(words.split())[:_LONGEST]
    if len(known) > _MOST:
        yield f"and {len(known) - _MOST} more could not be given back"


def _list(told: object) -> list[Any]:
    return told if isinstance(told, list) else []
