"""`kubectl mc render`."""

from typing import Annotated

import typer

from controller.cli.kubectl_mc.arguments import options
from controller.cli.kubectl_mc.cluster.source import Where
from controller.cli.kubectl_mc.comparison import pool_render
from controller.cli.kubectl_mc.terminal import console
from controller.cli.kubectl_mc.terminal.console import Output
from controller.cli.kubectl_mc.terminal.errors import ending


def render(  # noqa: PLR0913 - each is an option
    *,
    pool: options.Pool,
    files: options.Files = None,
    recursive: options.Recursive = False,
    explain: Annotated[
        bool, typer.Option("--explain", help="Show where each part comes from instead.")
    ] = False,
    output: options.Form = None,
    boot_user: options.BootUser = options.BOOT_USER,
    kubeconfig: options.Kubeconfig = None,
    context: options.Context = None,
) -> None:
    """Print what a pool's nodes are to be.

    It is the one MachineConfig that those of a pool make together. With -f it renders files and
    needs no cluster; without, what the cluster holds.

    \b
      kubectl mc render -f manifests/ --pool worker
      kubectl mc render --pool worker --explain

    Exit code 0: here it is. 1: it cannot be made. 2: it could not look.
    """  # noqa: D301 - it keeps the lines below it as they are
    where = Where(files, recursive, boot_user, kubeconfig, context)
    with ending():
        made = pool_render.rendered(pool, where.objects(), boot_user)
        if not explain:
            console.dump(pool_render.document(made), output or Output.YAML)
        elif output:
            console.dump(pool_render.provenance(made), output)
        else:
            console.show(pool_render.explained(made))
