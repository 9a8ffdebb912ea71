"""Suggestions for misspelled names."""

from collections.abc import Iterable
from difflib import get_close_matches


def closest(name: str, names: Iterable[str]) -> str | None:
    """Return the one of `names` that is spelled most like `name`, if any; case does not count."""
    spelled = {each.lower(): each for each in names}
    found = get_close_matches(name.lower(), spelled, n=1)
    return spelled[found[0]] if found else None


def did_you_mean(name: str, names: Iterable[str], otherwise: str) -> str:
    """Return a remedy for a misspelled name."""
    meant = closest(name, names)
    return f"did you mean {meant}?" if meant else otherwise
