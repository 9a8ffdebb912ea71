"""Tables as kubectl prints them."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import Final

from rich.cells import cell_len

from controller.cli.kubectl_mc.terminal.console import Line, escaped

_GAP: Final = 3


def table(
    header: Sequence[str], rows: Iterable[Sequence[str]], width: int | None = None
) -> list[Line]:
    """Return columns as wide as their longest cells, which are never cut.

    Columns that do not fit into `width` are printed below each row.
    """
    return [line for row in table_rows(header, rows, width) for line in row]


def table_rows(
    header: Sequence[str], rows: Iterable[Sequence[str]], width: int | None = None
) -> list[list[Line]]:
    """Return the lines of the header, then those of each row."""
    cells = [list(map(escaped, row)) for row in rows]
    widths = [max(map(cell_len, column)) for column in zip(header, *cells, strict=True)]
    fit = _fitting(widths, width)
    lines: list[list[Line]] = [[[(_aligned(header[:fit], widths), "bold")]]]
    for row in cells:
        first = [_aligned(row[:fit], widths)]
        lines.append([first, *([line] for line in _below(header[fit:], row[fit:], width))])
    return lines


def _fitting(widths: Sequence[int], width: int | None) -> int:
    """Return how many columns fit side by side, at least one."""
    ends = accumulate(widths, lambda end, column: end + _GAP + column)
    return max(1, sum(width is None or end <= width for end in ends))


def _below(titles: Sequence[str], cells: Sequence[str], width: int | None) -> Iterator[str]:
    """Yield the cells of the columns that do not fit, with their titles, as many a line as fit."""
    line = ""
    for title, cell in zip(titles, cells, strict=True):
        if not cell:
            continue
        titled = f"{title}: {cell}"
        longer = f"{line}{' ' * _GAP}{titled}" if line else f"  {titled}"
        if line and width is not None and cell_len(longer) > width:
            yield line
            longer = f"  {titled}"
        line = longer
    if line:
        yield line


def _aligned(row: Sequence[str], widths: Sequence[int]) -> str:
    sized = zip(row, widths, strict=False)
    padded = (cell + " " * (width - cell_len(cell)) for cell, width in sized)
    return (" " * _GAP).join(padded).rstrip()
