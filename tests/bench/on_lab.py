"""What is measured on real machines; all of it on one lab, which is gone afterwards."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console

from tests.bench import applies, whole_update
from tests.bench.measuring import Subject
from tests.lab import Lab


def subjects() -> Iterator[Subject]:
    """Measure on a lab, where there is root to start one."""
    if os.geteuid() != 0:
        Console(stderr=True).print(
            "NOT MEASURED: what needs real machines needs root (sudo)", style="bold red"
        )
        return
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        Lab(Path(folder) / "lab", workers=1) as lab,
    ):
        yield Subject("Files of one machine", applies.measurements(lab))
        yield Subject("Update of a node, with a reboot", whole_update.measurements(lab))
