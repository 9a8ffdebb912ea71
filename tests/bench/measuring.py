"""Times as ratios to something else in the same run, for machines differ and are shared."""

import json
import time
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any, NamedTuple, TypeVar

RUNS = 7
Key = TypeVar("Key", bound=Hashable)


class Measurement(NamedTuple):
    """One line of a table: what was measured, what it is held against, and the ratio's bound."""

    what: str
    amount: float
    to: str
    amount_of_that: float
    bound: float | None = None
    unit: str = " s"

    @property
    def ratio(self) -> float:
        """How many times what it is held against it is."""
        return self.amount / self.amount_of_that

    @property
    def is_missed(self) -> bool:
        """Whether it is over its bound."""
        return self.bound is not None and self.ratio > self.bound


class Subject(NamedTuple):
    """A table; each of its lines is measured when it is asked for."""

    title: str
    measurements: Iterable[Measurement]


class Job(NamedTuple):
    """What is timed, and before it what makes each time like the first."""

    work: Callable[[], object]
    prepare: Callable[[], object] = lambda: None


def fastest(jobs: Mapping[Key, Job], rounds: int) -> dict[Key, float]:
    """Return the seconds of each job's fastest run; they take turns, so that all meet the same."""
    taken: dict[Key, list[float]] = defaultdict(list)
    for _ in range(rounds):
        for key, job in jobs.items():
            job.prepare()
            start = time.perf_counter()
            job.work()
            taken[key].append(time.perf_counter() - start)
    return {key: min(each) for key, each in taken.items()}


def to_reading(
    what: str,
    function: Callable[[], object],
    document: Any,  # noqa: ANN401 - any JSON
    bound: float,
) -> Measurement:
    """Hold `function` against reading the document with `json.loads`."""
    raw = json.dumps(document).encode()
    taken = fastest({what: Job(function), "reading": Job(lambda: json.loads(raw))}, RUNS)
    return Measurement(what, taken[what], "json.loads of it", taken["reading"], bound)
