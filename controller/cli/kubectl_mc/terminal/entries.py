"""What is shown again when it changes: lines with their subject, and what has become new; pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from controller.cli.kubectl_mc.terminal.console import Line, blocks


@dataclass(frozen=True)
class Entry:
    """Some lines on one subject, which are new when `fact` is: that a thing grows old is no news.

    `ended` is what to say when there is nothing more to say of the subject.
    """

    subject: str
    fact: object
    lines: tuple[Line, ...]
    ended: str = ""


def tabled(
    noun: str,
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    width: int | None = None,
    ageing: str = "",
) -> Iterator[Entry]:
    """A table, each row a subject under its first cell; the column `ageing` holds ages."""
    heading, *below = blocks(header, rows, width)
    yield Entry(f"{noun}s", None, tuple(heading))
    for row, lines in zip(rows, below, strict=True):
        fact = [cell for title, cell in zip(header, row, strict=True) if title != ageing]
        yield Entry(f"{noun} {row[0]}", fact, tuple(lines), f"{noun} {row[0]} is gone")


def lines(of: Iterable[Entry]) -> Iterator[Line]:
    """All lines, from top to bottom."""
    return (line for entry in of for line in entry.lines)


def news(before: Iterable[Entry], after: Iterable[Entry]) -> Iterator[Line]:
    """The lines of what is new or changed, and a word on what is gone."""
    known = {each.subject: each for each in before}
    for each in after:
        old = known.pop(each.subject, None)
        if old is None or old.fact != each.fact:
            yield from each.lines
    yield from ([each.ended] for each in known.values() if each.ended)
