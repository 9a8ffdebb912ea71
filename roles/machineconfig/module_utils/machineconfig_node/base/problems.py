"""Collects all problems of a change, so that one run reports them together."""

from __future__ import annotations

import collections
import contextlib
from typing import Iterator

from .errors import NodeError


class Problems:
    """The errors of checks that are independent of each other."""

    def __init__(self) -> None:
        # By remedy; two checks may find the same cause.
        self._causes: dict[str, dict[str, None]] = collections.defaultdict(dict)

    @contextlib.contextmanager
    def collected(self) -> Iterator[None]:
        """Keep the error of the block, and continue after it."""
        try:
            yield
        except NodeError as error:
            self._causes[error.remedy][error.cause] = None

    def raise_if_any(self) -> None:
        """Raise a NodeError with every cause and its remedy."""
        causes = {remedy: "; ".join(each) for remedy, each in self._causes.items()}
        if len(causes) > 1:
            each = (f"{cause} ({remedy})" for remedy, cause in causes.items())
            raise NodeError("; ".join(each), "fix each of these")
        for remedy, cause in causes.items():
            raise NodeError(cause, remedy)
