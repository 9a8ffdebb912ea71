"""The option `--version` of both programs."""

from importlib.metadata import version
from typing import Annotated, Final

import typer

_DISTRIBUTION: Final = "machineconfig-controller"


def _print_version(requested: bool) -> None:  # noqa: FBT001 - a callback of Typer's
    if requested:
        typer.echo(f"{_DISTRIBUTION} {version(_DISTRIBUTION)}")
        raise typer.Exit


Version = Annotated[
    bool,
    typer.Option(
        "--version", callback=_print_version, is_eager=True, help="Show the version and exit."
    ),
]
