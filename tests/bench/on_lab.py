"""Measurements on real machines, all on one lab, which is removed afterwards."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.bench import applies, checks, whole_update
from tests.bench.measuring import Subject
from tests.lab import Lab


def subjects() -> Iterator[Subject]:
    """Measure on a lab, which requires root."""
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        Lab(Path(folder) / "lab", workers=1) as lab,
    ):
        yield Subject("Files of one machine", applies.measurements(lab))
        yield Subject("Checks for drift", checks.measurements(lab))
        yield Subject("Update of a node, with a reboot", whole_update.measurements(lab))
