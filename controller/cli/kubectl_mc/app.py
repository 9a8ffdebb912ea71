"""The program `kubectl-mc`, which kubectl runs as `kubectl mc`."""

import sys
from typing import Final

import typer

from controller.cli.kubectl_mc.commands.adopt import adopt
from controller.cli.kubectl_mc.commands.cat import cat
from controller.cli.kubectl_mc.commands.check import check
from controller.cli.kubectl_mc.commands.create import create
from controller.cli.kubectl_mc.commands.diff import diff
from controller.cli.kubectl_mc.commands.pause import pause
from controller.cli.kubectl_mc.commands.plan import plan
from controller.cli.kubectl_mc.commands.recover import recover
from controller.cli.kubectl_mc.commands.render import render
from controller.cli.kubectl_mc.commands.resume import resume
from controller.cli.kubectl_mc.commands.status import status
from controller.cli.kubectl_mc.commands.validate import validate
from controller.cli.kubectl_mc.terminal.command_help import Command
from controller.cli.kubectl_mc.terminal.console import print_lines
from controller.cli.kubectl_mc.terminal.errors import EXIT_UNAVAILABLE
from controller.cli.kubectl_mc.terminal.streams import discard
from controller.cli.version import Version

PROGRAM: Final = "kubectl-mc"

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None)


@app.callback()
def about(*, version: Version = False) -> None:
    """Write, compare and roll out MachineConfigs.

    Only recover, pause and resume change anything; check requests a drift check.

    With -f, validate, render and cat read files and need no cluster; diff and plan show the effect
    of the files on the cluster that kubectl uses. From a local file to the nodes:

    \b
      kubectl mc create 50-motd --role worker --file motd:/etc/motd > 50-motd.yaml
      kubectl mc validate -f 50-motd.yaml
      kubectl mc diff -f 50-motd.yaml
      kubectl apply -f 50-motd.yaml
      kubectl mc status --watch

    \b
    When a node differs from its config:

    \b
      kubectl mc check worker
      kubectl mc recover w-2
    """  # noqa: D301 - \b keeps the lines below as they are


for command in (
    create,
    validate,
    render,
    diff,
    cat,
    plan,
    status,
    check,
    recover,
    adopt,
    pause,
    resume,
):
    app.command(cls=Command)(command)


def main() -> None:
    """Run the program under the name for which shells complete it."""
    try:
        app(prog_name=PROGRAM)
    except OSError as error:
        # Errors of reading are explained where they occur: this is a full disk or a closed stdout.
        discard(sys.stdout)
        reason = f"the output cannot be written: {(error.strerror or str(error)).lower()}"
        print_lines([[("error: ", "bold red"), reason]], stderr=True)
        sys.exit(EXIT_UNAVAILABLE)
