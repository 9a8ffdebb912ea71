"""The program `kubectl_complete-mc`, which kubectl runs to complete `kubectl mc`."""

import io
import os
import shlex
import sys
from contextlib import redirect_stdout, suppress
from typing import Final

from controller.cli.kubectl_mc.app import PROGRAM, app

# cobra's directives: complete files too, or only what is printed.
_FILES_TOO: Final = ":0"
_NO_FILES: Final = ":4"


def main() -> None:
    """Print the candidates for the arguments so far, the last of which is incomplete.

    Typer's completion for fish prints what cobra reads: a candidate a line, a tab, and its help.
    """
    *arguments, incomplete = sys.argv[1:] or [""]
    os.environ |= {
        "_KUBECTL_MC_COMPLETE": "complete_fish",
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
        "_TYPER_COMPLETE_ARGS": f"{shlex.join([PROGRAM, *arguments])} {incomplete}",
    }
    printed = io.StringIO()
    with redirect_stdout(printed), suppress(SystemExit):
        app(prog_name=PROGRAM)
    candidates = printed.getvalue().strip()
    sys.stdout.write(f"{candidates}\n{_NO_FILES}\n" if candidates else f"{_FILES_TOO}\n")
