"""The confirmation prompt."""

import sys

import typer

from controller.cli.kubectl_mc.terminal.console import print_lines
from controller.cli.kubectl_mc.terminal.errors import EXIT_FAILED, CommandError


def confirm(question: str, *, skip: bool) -> None:
    """Return if the user agrees, or has given `--yes`.

    Raises:
        CommandError: there is no terminal to prompt on.
        typer.Exit: the user declined.
    """
    if skip:
        return
    if sys.stdin is None or not sys.stdin.isatty():
        raise CommandError("nothing was done: there is no terminal to prompt on", "pass --yes")
    if not typer.confirm(question, err=True):
        print_lines([["nothing was done"]], stderr=True)
        raise typer.Exit(EXIT_FAILED)
