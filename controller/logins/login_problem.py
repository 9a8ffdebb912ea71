"""The cause of a failed login, and its remedy."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

_LONGEST: Final = 200  # characters of a node's own words


@dataclass(frozen=True)
class LoginProblem:
    """A cause and its remedy, both for the administrator."""

    cause: str
    remedy: str

    @property
    def message(self) -> str:
        """Both in one line."""
        return f"{self.cause}; {self.remedy}"


def last_line(text: str) -> str:
    """The last line of a text that is not blank, cut; empty where there is none."""
    return next(
        (line.strip()[:_LONGEST] for line in reversed(text.splitlines()) if line.strip()), ""
    )


def remedy_of(words: str, table: Iterable[tuple[str, str]]) -> str:
    """The remedy of the first pattern that is found in `words`; empty where there is none."""
    return next((remedy for pattern, remedy in table if re.search(pattern, words)), "")
