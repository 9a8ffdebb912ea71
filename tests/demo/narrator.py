"""Prints the demo; in tests it is silent."""

import shlex
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

_FIRST_PROGRESS = 4.0
_PROGRESS_INTERVAL = 10.0
_WIDEST = 150


class Narrator:
    """Prints what is done, what it shows and what that means."""

    def __init__(self, stream: TextIO | None) -> None:
        """Print to `stream`, or nothing."""
        self._stream = stream

    def title(self, text: str) -> None:
        """Print the title of a chapter."""
        self._say(f"\n=== {text}")

    def explain(self, text: str) -> None:
        """Print an explanation."""
        self._say(f"    {text}")

    def command(self, words: tuple[str, ...]) -> None:
        """Print a command as a user would type it."""
        self._say(f"\n  $ kubectl {shlex.join(words)}")

    def output(self, text: str) -> None:
        """Print the output of a command."""
        for line in text.rstrip().splitlines():
            self._say(f"  {line}" if len(line) <= _WIDEST else f"  {line[: _WIDEST - 1]}…")

    @contextmanager
    def waiting(self, what: str) -> Iterator[Callable[[], None]]:
        """Yield a function to call regularly while `what` is awaited; it prints the progress."""
        began = last = time.monotonic()

        def report() -> None:
            nonlocal last
            now = time.monotonic()
            if now - began >= _FIRST_PROGRESS and now - last >= _PROGRESS_INTERVAL:
                last = now
                self._say(f"    … {what} ({now - began:.0f} s)")

        yield report

    def _say(self, line: str) -> None:
        if self._stream:
            print(line, file=self._stream, flush=True)


def aloud() -> Narrator:
    """Return a narrator that prints to stdout."""
    return Narrator(sys.stdout)


def silent() -> Narrator:
    """Return a silent narrator."""
    return Narrator(None)
