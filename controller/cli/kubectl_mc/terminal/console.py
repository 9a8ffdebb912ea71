"""Styled lines on a terminal, plain ones elsewhere; no control character reaches a terminal."""

import os
from collections.abc import Iterable, Sequence
from io import StringIO
from shutil import get_terminal_size
from typing import TextIO

from rich.console import Console
from rich.segment import Segment, Segments
from rich.style import Style

from controller.cli.kubectl_mc.terminal import streams

# A text, or a text and its style.
Part = str | tuple[str, str]
Line = Sequence[Part]


def print_lines(lines: Iterable[Line], *, stderr: bool = False) -> bool:
    """Print lines; return False if the reader has closed the pipe."""
    page = StringIO()
    console = console_on(page, terminal=streams.on_terminal(stderr=stderr))
    for line in lines:
        segments = Segments([*segments_of(line), Segment.line()])
        console.print(segments, soft_wrap=True, end="")
    return streams.write(page.getvalue(), stderr=stderr)


def console_on(stream: TextIO, *, terminal: bool) -> Console:
    """Return a console that writes styles only to a terminal whose user wants them."""
    # Bold is no colour, but a user who sets NO_COLOR wants plain text.
    plain = bool(os.environ.get("NO_COLOR"))
    return Console(
        file=stream, force_terminal=terminal or None, color_system=None if plain else "auto"
    )


def segments_of(line: Line) -> list[Segment]:
    """Return the parts of a line for rich, escaped."""
    styled = ((part, "") if isinstance(part, str) else part for part in line)
    return [Segment(escaped(text), Style.parse(style)) for text, style in styled]


def escaped(text: str) -> str:
    """Return the text with its control and other unprintable characters written as escapes."""
    return "".join(
        char if char.isprintable() or char == "\t" else char.encode("unicode_escape").decode()
        for char in text
    )


def terminal_width() -> int | None:
    """Return the columns of the terminal that stdout is; None if it is not a terminal."""
    return get_terminal_size().columns if streams.on_terminal() else None
