"""What people and programs are shown: styled lines on a terminal, plain ones elsewhere, YAML, JSON.

Whatever a manifest holds, no line carries a control character to a terminal.
"""

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from io import StringIO
from itertools import accumulate
from shutil import get_terminal_size
from typing import Any, Final, TextIO

import yaml
from rich.cells import cell_len
from rich.console import Console
from rich.segment import Segment, Segments
from rich.style import Style

from controller.cli.kubectl_mc.terminal import streams

Part = str | tuple[str, str]
Line = Sequence[Part]

_GAP: Final = 3


class Output(StrEnum):
    """The forms that programs read."""

    JSON = "json"
    YAML = "yaml"


def show(lines: Iterable[Line], *, stderr: bool = False) -> bool:
    """Print lines of parts, each a text or a text and its style; say whether somebody reads on."""
    page = StringIO()
    console = console_on(page, terminal=streams.on_terminal(stderr=stderr))
    for line in lines:
        segments = Segments([*segments_of(line), Segment.line()])
        console.print(segments, soft_wrap=True, end="")
    return streams.write(page.getvalue(), stderr=stderr)


def console_on(stream: TextIO, *, terminal: bool) -> Console:
    """Where styled lines go; with styles only if that is a terminal whose user wants them."""
    # Bold is no colour, but who sets NO_COLOR wants plain text.
    plain = bool(os.environ.get("NO_COLOR"))
    return Console(
        file=stream, force_terminal=terminal or None, color_system=None if plain else "auto"
    )


def segments_of(line: Line) -> list[Segment]:
    """The parts of a line as rich prints them, with nothing in them that a terminal obeys."""
    styled = ((part, "") if isinstance(part, str) else part for part in line)
    return [Segment(printable(text), Style.parse(style)) for text, style in styled]


def printable(text: str) -> str:
    """The text with every character that a terminal might obey written as its escape."""
    return "".join(
        each if each.isprintable() or each == "\t" else each.encode("unicode_escape").decode()
        for each in text
    )


def table(
    header: Sequence[str], rows: Iterable[Sequence[str]], width: int | None = None
) -> list[Line]:
    """Columns as kubectl prints them: wide enough for their longest cell, and never cut.

    Of a table wider than `width` the columns that do not fit are told below each row.
    """
    return [line for block in blocks(header, rows, width) for line in block]


def blocks(
    header: Sequence[str], rows: Iterable[Sequence[str]], width: int | None = None
) -> list[list[Line]]:
    """The lines of a table's header, and those of each row."""
    cells = [list(map(printable, row)) for row in rows]
    widths = [max(map(cell_len, column)) for column in zip(header, *cells, strict=True)]
    fit = _fitting(widths, width)
    made: list[list[Line]] = [[[(_aligned(header[:fit], widths), "bold")]]]
    for row in cells:
        beside = [_aligned(row[:fit], widths)]
        made.append([beside, *([line] for line in _below(header[fit:], row[fit:], width))])
    return made


def _fitting(widths: Sequence[int], width: int | None) -> int:
    """How many columns fit beside each other, of which the first always does."""
    ends = accumulate(widths, lambda end, column: end + _GAP + column)
    return max(1, sum(width is None or end <= width for end in ends))


def _below(titles: Sequence[str], cells: Sequence[str], width: int | None) -> Iterator[str]:
    """The cells of the columns that do not fit, as many a line as do."""
    line = ""
    for title, cell in zip(titles, cells, strict=True):
        if not cell:
            continue
        said = f"{title}: {cell}"
        longer = f"{line}{' ' * _GAP}{said}" if line else f"  {said}"
        if line and width is not None and cell_len(longer) > width:
            yield line
            longer = f"  {said}"
        line = longer
    if line:
        yield line


def _aligned(row: Sequence[str], widths: Sequence[int]) -> str:
    sized = zip(row, widths, strict=False)
    padded = (cell + " " * (width - cell_len(cell)) for cell, width in sized)
    return (" " * _GAP).join(padded).rstrip()


def terminal_width() -> int | None:
    """The columns of the terminal that stdout is; None where it is none."""
    return get_terminal_size().columns if streams.on_terminal() else None


def dump(document: Any, output: Output) -> bool:  # noqa: ANN401 - any JSON
    """Print a document for programs, and for kubectl; say whether somebody reads on."""
    text = as_yaml(document) if output is Output.YAML else json.dumps(document, indent=2) + "\n"
    return streams.write(text)


def as_yaml(document: Any) -> str:  # noqa: ANN401 - any JSON
    """The document as YAML that people write: block text, and modes of files in octal."""
    return yaml.dump(
        _with_octal_modes(document),
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        width=float("inf"),
    )


class _Mode(int):
    """A number that reads best in octal."""


class _Dumper(yaml.SafeDumper):
    """YAML that kubectl reads as it was meant."""

    def text(self, text: str) -> yaml.ScalarNode:
        """A string of several lines as a block, where YAML allows it."""
        style = "|" if "\n" in text else None
        return self.represent_scalar("tag:yaml.org,2002:str", text, style=style)

    def mode(self, mode: _Mode) -> yaml.ScalarNode:
        """0644, which YAML 1.1 and so kubectl read as octal."""
        return self.represent_scalar("tag:yaml.org,2002:int", f"{mode:04o}")


_Dumper.add_representer(str, _Dumper.text)
_Dumper.add_representer(_Mode, _Dumper.mode)
# Go's YAML takes these for numbers, and so they need quotes where they are strings.
_Dumper.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z|[-+]?0[box][0-9a-fA-F_]+\Z"),
    list("-+.0123456789"),
)


def _with_octal_modes(value: Any) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, Mapping):
        return {
            key: _Mode(each) if key == "mode" and type(each) is int else _with_octal_modes(each)
            for key, each in value.items()
        }
    return [_with_octal_modes(each) for each in value] if isinstance(value, list) else value
