"""The voice of the demo; in tests it is silent."""

import shlex
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

_FIRST_SIGN_OF_LIFE = 4.0
_SIGN_OF_LIFE = 10.0
_WIDEST = 150


class Narrator:
    """Says what is done, what it shows and what that means."""

    def __init__(self, stream: TextIO | None) -> None:
        """Speak to `stream`, or not at all."""
        self._stream = stream

    def title(self, text: str) -> None:
        """Begin a chapter."""
        self._say(f"\n=== {text}")

    def explain(self, text: str) -> None:
        """One line that says what is seen."""
        self._say(f"    {text}")

    def command(self, words: tuple[str, ...]) -> None:
        """A command as a person would type it."""
        self._say(f"\n  $ kubectl {shlex.join(words)}")

    def output(self, text: str) -> None:
        """What a command printed."""
        for line in text.rstrip().splitlines():
            self._say(f"  {line}" if len(line) <= _WIDEST else f"  {line[: _WIDEST - 1]}…")

    @contextmanager
    def patience(self, what: str) -> Iterator[Callable[[], None]]:
        """While something is waited for: call what this yields now and then."""
        began = told = time.monotonic()

        def tell() -> None:
            nonlocal told
            now = time.monotonic()
            if now - began >= _FIRST_SIGN_OF_LIFE and now - told >= _SIGN_OF_LIFE:
                told = now
                self._say(f"    … {what} ({now - began:.0f} s)")

        yield tell

    def _say(self, line: str) -> None:
        if self._stream:
            print(line, file=self._stream, flush=True)


def aloud() -> Narrator:
    """The demo's."""
    return Narrator(sys.stdout)


def silent() -> Narrator:
    """The tests'."""
    return Narrator(None)
