"""Three ways to print the overview repeatedly: redrawn, appended, or as documents."""

import sys
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from typing import Any, Protocol, Self

from rich.console import Group
from rich.live import Live
from rich.segment import Segment
from rich.text import Text

from controller.cli.kubectl_mc.status.overview import Overview
from controller.cli.kubectl_mc.status.overview_json import overview_document
from controller.cli.kubectl_mc.status.overview_view import overview_entries
from controller.cli.kubectl_mc.terminal import streams
from controller.cli.kubectl_mc.terminal.console import (
    Line,
    console_on,
    print_lines,
    segments_of,
)
from controller.cli.kubectl_mc.terminal.documents import Output, print_document
from controller.cli.kubectl_mc.terminal.entries import Entry, all_lines, changed_lines
from controller.cli.kubectl_mc.terminal.errors import UnavailableError


class WatchView(Protocol):
    """Prints the overview again whenever it was read."""

    def show(self, overview: Overview) -> bool:
        """Print the overview; return False if the reader has closed the pipe."""

    def report_error(self, error: UnavailableError) -> None:
        """Print that the cluster could not be read this time."""


def watch_view(output: Output | None) -> AbstractContextManager[WatchView]:
    """Return the view that fits the output format and the stream."""
    if output:
        return nullcontext(DocumentView(output))
    console = console_on(sys.stdout, terminal=streams.on_terminal())
    if not console.is_terminal or console.is_dumb_terminal:
        return nullcontext(AppendView())
    return LiveView(Live(console=console, auto_refresh=False))


class ErrorOnce:
    """Prints each error once on stderr, until the cluster is read again."""

    def __init__(self) -> None:
        self._last = ""

    def report_error(self, error: UnavailableError) -> None:
        """Print the error, unless it was the last one."""
        if str(error) != self._last:
            print_lines(error.lines, stderr=True)
        self._last = str(error)

    def clear_error(self) -> None:
        """Forget the error, since the cluster was read."""
        self._last = ""


class AppendView(ErrorOnce):
    """Appends the lines that changed: for pipes, and terminals without cursor movement."""

    def __init__(self) -> None:
        super().__init__()
        self._shown: tuple[Entry, ...] = ()

    def show(self, overview: Overview) -> bool:
        """Append the changes."""
        self.clear_error()
        before, self._shown = self._shown, tuple(overview_entries(overview, _now()))
        return print_lines(changed_lines(before, self._shown))


class DocumentView(ErrorOnce):
    """Appends a document at each change: for programs."""

    def __init__(self, output: Output) -> None:
        super().__init__()
        self._output = output
        self._shown: dict[str, Any] | None = None

    def show(self, overview: Overview) -> bool:
        """Append the document if it has changed."""
        self.clear_error()
        before, self._shown = self._shown, overview_document(overview)
        if before == self._shown:
            return True
        if before and self._output is Output.YAML:
            streams.write("---\n")
        return print_document(self._shown, self._output)


class LiveView:
    """Redraws the same lines of a terminal."""

    def __init__(self, live: Live) -> None:
        self._live = live
        self._shown: Overview | None = None

    def __enter__(self) -> Self:
        """Start below the cursor."""
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the last output, with the cursor below it."""
        self._live.stop()

    def show(self, overview: Overview) -> bool:
        """Redraw; a terminal always has a reader."""
        self._shown = overview
        self._draw()
        return True

    def report_error(self, error: UnavailableError) -> None:
        """Draw the last overview, and the error below it."""
        self._draw(*error.lines)

    def _draw(self, *below: Line) -> None:
        width = self._live.console.width
        entries = overview_entries(self._shown, _now(), width) if self._shown else ()
        lines = map(_text, [*all_lines(entries), *below])
        self._live.update(Group(*lines), refresh=True)


def _text(line: Line) -> Text:
    """Return a line for rich, which wraps it: nothing is cut."""
    return Text.assemble(*map(_styled, segments_of(line)), overflow="fold")


def _styled(segment: Segment) -> tuple[str, Any]:
    return segment.text, segment.style or ""


def _now() -> datetime:
    return datetime.now(UTC)
