"""`python -m tests.bench`: prints every measurement, and fails where one is over its bound."""

import sys

from rich.console import Console
from rich.table import Table

from tests.bench import ignition, rendering


def main() -> int:
    """Measure, print, and return the exit code."""
    found = [*ignition.measurements(), *rendering.measurements()]
    table = Table("what", "ratio", "at most", title="ratios to json.loads of the same bytes")
    for each in found:
        table.add_row(each.what, f"{each.ratio:.1f}", f"{each.bound:.0f}")
    Console().print(table)
    return int(any(each.ratio > each.bound for each in found))


if __name__ == "__main__":
    sys.exit(main())
