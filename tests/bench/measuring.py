"""Times as ratios to something else in the same run, for machines differ and are shared."""

import json
import time
from collections.abc import Callable
from typing import Any, NamedTuple

RUNS = 7


class Measurement(NamedTuple):
    """One line of the table: a ratio, what it is to, and what it may be at most."""

    what: str
    ratio: float
    bound: float


def seconds(function: Callable[[], object]) -> float:
    """Return how long the fastest of several runs takes."""
    taken = []
    for _ in range(RUNS):
        start = time.perf_counter()
        function()
        taken.append(time.perf_counter() - start)
    return min(taken)


def to_reading(function: Callable[[], object], document: Any) -> float:  # noqa: ANN401 - any JSON
    """Return how long `function` takes, reading the document with `json.loads` being 1."""
    raw = json.dumps(document).encode()
    return seconds(function) / seconds(lambda: json.loads(raw))
