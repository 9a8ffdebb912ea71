"""Lines that are printed again when they change, as `status --watch` does; pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from controller.cli.kubectl_mc.terminal.console import Line
from controller.cli.kubectl_mc.terminal.tables import table_rows


@dataclass(frozen=True)
class Entry:
    """The lines on one subject, which have changed when `value` has: growing older is no change.

    `gone` is printed when the subject has no entry any more.
    """

    subject: str
    value: object
    lines: tuple[Line, ...]
    gone: str = ""


def table_entries(
    noun: str,
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    width: int | None = None,
    age_column: str = "",
) -> Iterator[Entry]:
    """Yield the header, and each row as an entry whose subject is its first cell."""
    heading, *below = table_rows(header, rows, width)
    yield Entry(f"{noun}s", None, tuple(heading))
    for row, lines in zip(rows, below, strict=True):
        value = [cell for title, cell in zip(header, row, strict=True) if title != age_column]
        yield Entry(f"{noun} {row[0]}", value, tuple(lines), f"{noun} {row[0]} is gone")


def all_lines(entries: Iterable[Entry]) -> Iterator[Line]:
    """Yield all lines, from top to bottom."""
    return (line for entry in entries for line in entry.lines)


def changed_lines(before: Iterable[Entry], after: Iterable[Entry]) -> Iterator[Line]:
    """Yield the lines of entries that are new or changed, and a line for each that is gone."""
    known = {entry.subject: entry for entry in before}
    for entry in after:
        old = known.pop(entry.subject, None)
        if old is None or old.value != entry.value:
            yield from entry.lines
    yield from ([entry.gone] for entry in known.values() if entry.gone)
