"""Errors that end a command: a message on stderr, and an exit code."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import typer

from controller.cli.kubectl_mc.terminal.console import Line, print_lines

EXIT_FAILED: Final = 1
EXIT_UNAVAILABLE: Final = 2


class CommandError(Exception):
    """The reason why a command fails, with a remedy, and details to print above them."""

    code = EXIT_FAILED

    def __init__(self, reason: str, remedy: str = "", details: tuple[Line, ...] = ()) -> None:
        super().__init__(reason)
        self.lines: tuple[Line, ...] = (*details, [("error: ", "bold red"), reason])
        if remedy:
            self.lines += (["  ", remedy],)


class UnavailableError(CommandError):
    """The command could not read what it needs."""

    code = EXIT_UNAVAILABLE


@contextmanager
def exit_on_error(failed: int = EXIT_FAILED) -> Iterator[None]:
    """Print a CommandError and exit; `failed` is the least exit code."""
    try:
        yield
    except CommandError as error:
        print_lines(error.lines, stderr=True)
        raise typer.Exit(max(error.code, failed)) from error
