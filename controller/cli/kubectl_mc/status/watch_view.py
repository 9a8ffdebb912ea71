"""Three ways to show the same again and again: redrawn, appended, or as documents."""

import sys
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from typing import Any, Protocol, Self

from rich.console import Group
from rich.live import Live
from rich.segment import Segment
from rich.text import Text

from controller.cli.kubectl_mc.status import overview_view
from controller.cli.kubectl_mc.status.overview import Standing
from controller.cli.kubectl_mc.status.overview_json import document
from controller.cli.kubectl_mc.terminal import console, entries, streams
from controller.cli.kubectl_mc.terminal.console import Line, Output
from controller.cli.kubectl_mc.terminal.entries import Entry
from controller.cli.kubectl_mc.terminal.errors import UnseenError


class Painter(Protocol):
    """Shows how things stand, each time anew."""

    def show(self, standing: Standing) -> bool:
        """Show it, and say whether somebody reads on."""

    def trouble(self, error: UnseenError) -> None:
        """Say that nothing was seen this time."""


def painter(output: Output | None) -> AbstractContextManager[Painter]:
    """The way that fits the form and the place that the output goes to."""
    if output:
        return nullcontext(Documents(output))
    screen = console.console_on(sys.stdout, terminal=streams.on_terminal())
    if not screen.is_terminal or screen.is_dumb_terminal:
        return nullcontext(Appended())
    return Redrawn(Live(console=screen, auto_refresh=False))


class Told:
    """Tells each trouble once on stderr, until things are seen again."""

    def __init__(self) -> None:
        """No trouble yet."""
        self._last = ""

    def trouble(self, error: UnseenError) -> None:
        """Say it, unless it was said."""
        if str(error) != self._last:
            console.show(error.lines, stderr=True)
        self._last = str(error)

    def over(self) -> None:
        """Things are seen again."""
        self._last = ""


class Appended(Told):
    """Below what was shown stands what is new since: for pipes, and terminals that cannot more."""

    def __init__(self) -> None:
        """Nothing is shown yet."""
        super().__init__()
        self._shown: tuple[Entry, ...] = ()

    def show(self, standing: Standing) -> bool:
        """Add what is new."""
        self.over()
        before, self._shown = self._shown, tuple(overview_view.entries(standing, _now()))
        return console.show(entries.news(before, self._shown))


class Documents(Told):
    """A document each time that something is new: for programs."""

    def __init__(self, output: Output) -> None:
        """Nothing is shown yet."""
        super().__init__()
        self._output = output
        self._shown: dict[str, Any] | None = None

    def show(self, standing: Standing) -> bool:
        """Add the document if it is another one."""
        self.over()
        before, self._shown = self._shown, document(standing)
        if before == self._shown:
            return True
        if before and self._output is Output.YAML:
            streams.write("---\n")
        return console.dump(self._shown, self._output)


class Redrawn:
    """The same lines of a terminal, drawn anew."""

    def __init__(self, live: Live) -> None:
        """Nothing is drawn yet."""
        self._live = live
        self._shown: Standing | None = None

    def __enter__(self) -> Self:
        """Take the lines below the cursor."""
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Leave what was drawn last, with the cursor below it."""
        self._live.stop()

    def show(self, standing: Standing) -> bool:
        """Draw it; there is always somebody at a terminal."""
        self._shown = standing
        self._draw()
        return True

    def trouble(self, error: UnseenError) -> None:
        """Draw what was seen last, and below it why nothing was seen since."""
        self._draw(*error.lines)

    def _draw(self, *below: Line) -> None:
        width = self._live.console.width
        seen = overview_view.entries(self._shown, _now(), width) if self._shown else ()
        drawn = map(_text, [*entries.lines(seen), *below])
        self._live.update(Group(*drawn), refresh=True)


def _text(line: Line) -> Text:
    """Longer lines go on in the next one: nothing is cut."""
    return Text.assemble(*map(_styled, console.segments_of(line)), overflow="fold")


def _styled(segment: Segment) -> tuple[str, Any]:
    return segment.text, segment.style or ""


def _now() -> datetime:
    return datetime.now(UTC)
