"""How long it takes to parse and to merge Ignition configs."""

import json
from collections.abc import Iterator

from controller.ignition import merge, parse
from tests.bench.configs import Config, big_files, small_files
from tests.bench.measuring import Measurement, to_reading


def measurements() -> Iterator[Measurement]:
    """Measure the ratios to reading the same bytes with `json.loads`."""
    yield _parsing("parse 1 MB in 10 files", big_files(), bound=10)
    yield _parsing("parse 5,000 small files", small_files(0, 5000), bound=50)
    many = [small_files(20 * each, 20) for each in range(100)]
    yield to_reading("merge 100 configs of 20 files", lambda: merge(*many), many, bound=25)


def _parsing(what: str, content: Config, bound: float) -> Measurement:
    raw = json.dumps(content).encode()
    return to_reading(what, lambda: parse(raw), content, bound)
