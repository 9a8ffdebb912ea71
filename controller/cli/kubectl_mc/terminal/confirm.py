"""Asking the person who calls a command whether to go on."""

import sys

import typer

from controller.cli.kubectl_mc.terminal.console import show
from controller.cli.kubectl_mc.terminal.errors import WRONG, CommandError


def consent(question: str, *, given: bool) -> None:
    """Go on if the person agrees now, or has before.

    Raises:
        CommandError: there is nobody to ask.
        typer.Exit: the person does not want it.
    """
    if given:
        return
    if sys.stdin is None or not sys.stdin.isatty():
        raise CommandError("nothing was done: there is no terminal to ask at", "give --yes")
    if not typer.confirm(question, err=True):
        show([["nothing was done"]], stderr=True)
        raise typer.Exit(WRONG)
