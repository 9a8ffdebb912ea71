"""What may have been meant by a name that does not exist."""

from collections.abc import Iterable
from difflib import get_close_matches


def near(name: str, names: Iterable[str]) -> str | None:
    """The one of `names` that is spelled most like `name`, if any is; case does not count."""
    spelled = {each.lower(): each for each in names}
    found = get_close_matches(name.lower(), spelled, n=1)
    return spelled[found[0]] if found else None
