"""`--version`, which both programs have."""

from importlib.metadata import version
from typing import Annotated, Final

import typer

_DISTRIBUTION: Final = "machineconfig-controller"


def _show(asked: bool) -> None:  # noqa: FBT001 - a callback of Typer's
    if asked:
        typer.echo(f"{_DISTRIBUTION} {version(_DISTRIBUTION)}")
        raise typer.Exit


Version = Annotated[
    bool,
    typer.Option("--version", callback=_show, is_eager=True, help="Show the version, and end."),
]
