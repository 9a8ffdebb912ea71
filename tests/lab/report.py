"""The lab's progress on the terminal: one line per step, with its time.

On a terminal a running step shows its seconds. In a pipe a long step prints now and then that it is
still running. An error is one line with its remedy.
"""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_FIRST_SIGN_OF_LIFE = 3.0
_SIGN_OF_LIFE_IN_A_PIPE = 30.0


class LabError(Exception):
    """Why the lab cannot continue, and the remedy."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(f"{problem}. {remedy}")


def say(line: str) -> None:
    """Print one line of progress."""
    print(line, file=sys.stderr, flush=True)  # noqa: T201 - the lab's output


@contextmanager
def step(what: str, detail: Callable[[], str] = lambda: "") -> Iterator[None]:
    """Time a step and show its progress; ``detail`` returns how far it is."""
    began = time.monotonic()
    finished = threading.Event()
    ticker = threading.Thread(target=_tick, args=(what, detail, began, finished), daemon=True)
    ticker.start()
    outcome = "failed"
    try:
        yield
        outcome = "done"
    finally:
        finished.set()
        ticker.join()
        end_of_line = "\r\033[K" if sys.stderr.isatty() else ""
        seconds = time.monotonic() - began
        say(f"{end_of_line}lab: {what}: {outcome} in {seconds:.1f} s")


def _tick(what: str, detail: Callable[[], str], began: float, finished: threading.Event) -> None:
    """Repeat the line of a running step until it has finished."""
    terminal = sys.stderr.isatty()
    pause = 1.0 if terminal else _FIRST_SIGN_OF_LIFE
    while not finished.wait(pause):
        progress = detail()
        line = f"lab: {what}: {time.monotonic() - began:.0f} s" + (progress and f", {progress}")
        if terminal:
            print(f"\r\033[K{line[:100]}", end="", file=sys.stderr, flush=True)  # noqa: T201
        else:
            say(line)
            pause = _SIGN_OF_LIFE_IN_A_PIPE
