"""The cause of a failed login, and its remedy."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

_LONGEST: Final = 200  # characters of a node's own text


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
    """Return the last line of a text that is not blank, shortened; empty if there is none."""
    return next(
        (line.strip()[:_LONGEST] for line in reversed(text.splitlines()) if line.strip()), ""
    )


def remedy_of(text: str, table: Iterable[tuple[str, str]]) -> str:
    """Return the remedy of the first pattern that matches the text; empty if none does."""
    return next((remedy for pattern, remedy in table if re.search(pattern, text)), "")
