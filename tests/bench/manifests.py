"""How long `kubectl mc validate` takes, and that it grows linearly with the files."""

from collections.abc import Iterator
from functools import partial

import yaml

from controller.api.json_object import Json
from controller.manifests.reader import read
from controller.validation.review import Review, review
from tests.bench.configs import small_files
from tests.bench.measuring import Job, Measurement, fastest, to_reading
from tests.unit.cli.kubectl_mc.manifests import machine_config

_ROUNDS = 3
# The ratio allowed for a text of twice the size, with a margin for a shared machine.
_TWICE = 3


def measurements() -> Iterator[Measurement]:
    """Measure the ratios to `json.loads`, or to half of the same text."""
    configs = [machine_config(f"{each:03}", **small_files(20 * each, 20)) for each in range(100)]
    raw = yaml.safe_dump_all(configs).encode()
    what = "validate 100 MachineConfigs of 20 files"
    yield to_reading(what, lambda: _validated(raw), configs, bound=600)
    yield _growth("many values", b'- "b"\n', 20_000)
    yield _growth("many documents", b"a: 1\n---\n", 4_000)
    yield _growth("the same key again and again", b"a: 1\n", 20_000)
    yield _growth("many small MachineConfigs", _documents(), 400)


def _documents() -> bytes:
    config: Json = {**machine_config(), "metadata": {"name": "NAME"}}
    return yaml.safe_dump(config).encode() + b"---\n"


def _growth(what: str, part: bytes, times: int) -> Measurement:
    """Compare a text with half of it."""
    sizes = (times, times // 2)
    taken = fastest({each: Job(partial(_validated, _text(part, each))) for each in sizes}, _ROUNDS)
    whole, half = (taken[each] for each in sizes)
    return Measurement(f"validate {what}", whole, "half of it", half, bound=_TWICE)


def _validated(text: bytes) -> Review:
    return review(read("file", text), "boot")


def _text(part: bytes, times: int) -> bytes:
    return b"".join(part.replace(b"NAME", b"n%d" % number) for number in range(times))
