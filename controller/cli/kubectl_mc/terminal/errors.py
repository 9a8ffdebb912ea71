"""How a command ends when it cannot do what it was asked: words on stderr, and an exit code."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import typer

from controller.cli.kubectl_mc.terminal.console import Line, show

WRONG: Final = 1
UNSEEN: Final = 2


class CommandError(Exception):
    """What is wrong, where, and what to do next."""

    code = WRONG

    def __init__(self, reason: str, remedy: str = "", details: tuple[Line, ...] = ()) -> None:
        super().__init__(reason)
        self.lines: tuple[Line, ...] = (*details, [("error: ", "bold red"), reason])
        if remedy:
            self.lines += (["  ", remedy],)


class UnseenError(CommandError):
    """The command could not look at what it was asked about."""

    code = UNSEEN


@contextmanager
def ending(wrong: int = WRONG) -> Iterator[None]:
    """End the command with the error's words; `wrong` is the exit code for what is wrong."""
    try:
        yield
    except CommandError as error:
        show(error.lines, stderr=True)
        raise typer.Exit(max(error.code, wrong)) from error
