"""Times as ratios to a reference in the same run, since machines differ and are shared."""

import json
import time
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any, NamedTuple, TypeVar

RUNS = 7
Key = TypeVar("Key", bound=Hashable)


class Measurement(NamedTuple):
    """A line of a table: the measured value, its reference, and the ratio's bound."""

    what: str
    amount: float
    to: str
    amount_of_that: float
    bound: float | None = None
    unit: str = " s"

    @property
    def ratio(self) -> float:
        """The ratio to the reference."""
        return self.amount / self.amount_of_that

    @property
    def is_missed(self) -> bool:
        """Whether the ratio exceeds its bound."""
        return self.bound is not None and self.ratio > self.bound


class Subject(NamedTuple):
    """A table, each of whose lines is measured when it is requested."""

    title: str
    measurements: Iterable[Measurement]


class Job(NamedTuple):
    """A timed function, and the preparation that makes each repetition like the first."""

    work: Callable[[], object]
    prepare: Callable[[], object] = lambda: None


def fastest(jobs: Mapping[Key, Job], rounds: int) -> dict[Key, float]:
    """Return the seconds of each job's fastest run; the jobs alternate for equal conditions."""
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
    """Compare `function` with reading the document with `json.loads`."""
    raw = json.dumps(document).encode()
    taken = fastest({what: Job(function), "reading": Job(lambda: json.loads(raw))}, RUNS)
    return Measurement(what, taken[what], "json.loads of it", taken["reading"], bound)
