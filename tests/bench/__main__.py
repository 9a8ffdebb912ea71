"""`python -m tests.bench`: prints every measurement, and fails if one exceeds its bound."""

import os
import signal
import sys
from collections.abc import Generator
from contextlib import closing

from rich.console import Console
from rich.table import Table

from tests.bench import ignition, manifests, on_lab, rendering, scale
from tests.bench.measuring import Measurement, Subject
from tests.lab import LabError


def main() -> int:
    """Measure, print, and return the exit code."""
    # Like Ctrl-C, so that a running lab is ended.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        # Closed in any case, and with it the lab.
        with closing(_subjects()) as subjects:
            missed = [_print(each) for each in subjects]
    except LabError as error:
        sys.exit(f"bench: {error}")
    return int(any(missed))


def _subjects() -> Generator[Subject, None, None]:
    yield Subject("Ignition configs", ignition.measurements())
    yield Subject("Manifest files", manifests.measurements())
    yield Subject("A pool's render", rendering.measurements())
    if os.geteuid() != 0:
        Console(stderr=True).print(
            "NOT MEASURED: measurements on real machines need root (sudo)", style="bold red"
        )
        return
    yield from on_lab.subjects()
    yield from scale.subjects()


def _print(subject: Subject) -> bool:
    """Print a table, and return whether a bound was exceeded in it."""
    table = Table(
        "measured", "result", "reference", "result", "ratio", "bound", title=subject.title
    )
    found = list(subject.measurements)
    for each in found:
        table.add_row(*_cells(each), style="red" if each.is_missed else "")
    Console().print(table)
    return any(each.is_missed for each in found)


def _cells(found: Measurement) -> tuple[str, ...]:
    amount, of_that = (f"{each:.3g}{found.unit}" for each in (found.amount, found.amount_of_that))
    bound = "" if found.bound is None else f"{found.bound:g}"
    return found.what, amount, found.to, of_that, f"{found.ratio:.3g}", bound


if __name__ == "__main__":
    sys.exit(main())
