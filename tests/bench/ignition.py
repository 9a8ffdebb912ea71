"""How long Ignition configs take to parse and to merge."""

import json
from collections.abc import Iterator

from controller.ignition import merge, parse
from tests.bench.configs import Config, big_files, small_files
from tests.bench.measuring import Measurement, to_reading


def measurements() -> Iterator[Measurement]:
    """Measure all of it, as ratios to reading the same bytes with `json.loads`."""
    yield Measurement("parse 1 MB in 10 files", _parsing(big_files()), bound=10)
    yield Measurement("parse 5,000 small files", _parsing(small_files(0, 5000)), bound=50)
    many = [small_files(20 * each, 20) for each in range(100)]
    merging = to_reading(lambda: merge(*many), many)
    yield Measurement("merge 100 configs of 20 files", merging, bound=25)


def _parsing(content: Config) -> float:
    raw = json.dumps(content).encode()
    return to_reading(lambda: parse(raw), content)
