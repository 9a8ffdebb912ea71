"""Shell completion, for `kubectl mc` through kubectl and for `kubectl-mc` by itself."""

import io
import os
import shlex
import sys
from collections.abc import Mapping
from contextlib import redirect_stdout, suppress
from typing import Any, Final

import typer

from controller.api.defaults import POOLS
from controller.api.names import BOOT_USER
from controller.cli.kubectl_mc import inputs, live
from controller.cli.kubectl_mc.ending import CommandError
from controller.cli.kubectl_mc.inputs import STANDARD_INPUT
from controller.cli.kubectl_mc.printing import printable
from controller.review.review import review

# What cobra's directives mean to kubectl: complete files too, or nothing but what is printed.
_FILES_TOO: Final = ":0"
_NO_FILES: Final = ":4"
_PATIENCE: Final = 2  # seconds


def main() -> None:
    """`kubectl_complete-mc`, which kubectl calls with the words so far, the last one unfinished.

    Typer's completion for fish prints what cobra reads: a candidate a line, a tab, and its help.
    """
    from controller.cli.kubectl_mc.app import PROGRAM, app  # noqa: PLC0415 - it imports this module

    *words, unfinished = sys.argv[1:] or [""]
    os.environ |= {
        "_KUBECTL_MC_COMPLETE": "complete_fish",
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
        "_TYPER_COMPLETE_ARGS": f"{shlex.join([PROGRAM, *words])} {unfinished}",
    }
    printed = io.StringIO()
    with redirect_stdout(printed), suppress(SystemExit):
        app(prog_name=PROGRAM)
    candidates = printed.getvalue().strip()
    sys.stdout.write(f"{candidates}\n{_NO_FILES}\n" if candidates else f"{_FILES_TOO}\n")


def pool_names(context: typer.Context, incomplete: str) -> list[str]:
    """The pools that may be meant: the default ones, and those of the files or the cluster."""
    known = [*(pool.name for pool in POOLS), *_pools_given(context.params)]
    return [printable(name) for name in dict.fromkeys(known) if name.startswith(incomplete)]


def _pools_given(parameters: Mapping[str, Any]) -> list[str]:
    # A shell that waits for a candidate waits for nothing that fails, and for no standard input.
    files = [each for each in parameters.get("files") or () if each != STANDARD_INPUT]
    where = parameters.get("kubeconfig"), parameters.get("context")
    with suppress(CommandError):
        if not files:
            return live.pool_names(*where, timeout=_PATIENCE)
        found = inputs.read_files(files, recursive=bool(parameters.get("recursive")))
        return [pool.name for pool in review(found, BOOT_USER).pools]
    return []
