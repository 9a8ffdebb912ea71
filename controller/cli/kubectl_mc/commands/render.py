"""`kubectl mc render`."""

from typing import Annotated

import typer

from controller.cli.kubectl_mc.arguments import options
from controller.cli.kubectl_mc.arguments.manifest_source import ManifestSource
from controller.cli.kubectl_mc.comparison.pool_render import (
    provenance_document,
    provenance_lines,
    render_pool,
    rendered_manifest,
)
from controller.cli.kubectl_mc.terminal.console import print_lines
from controller.cli.kubectl_mc.terminal.documents import Output, print_document
from controller.cli.kubectl_mc.terminal.errors import exit_on_error


def render(  # noqa: PLR0913 - each is an option
    *,
    pool: options.Pool,
    files: options.Files = None,
    recursive: options.Recursive = False,
    explain: Annotated[
        bool,
        typer.Option(
            "--explain",
            help="Instead, list for each file, unit and key the MachineConfig it comes from.",
        ),
    ] = False,
    output: options.OutputFormat = None,
    boot_user: options.BootUser = options.BOOT_USER,
    kubeconfig: options.Kubeconfig = None,
    context: options.Context = None,
) -> None:
    """Print the rendered MachineConfig of a pool.

    It is rendered from all MachineConfigs that the pool selects. With -f these are read from files,
    and no cluster is needed.

    \b
      kubectl mc render -f manifests/ --pool worker
      kubectl mc render --pool worker --explain

    Exit code 0: printed. 1: no such pool, or it cannot be rendered. 2: the input cannot be read.
    """  # noqa: D301 - \b keeps the lines below as they are
    source = ManifestSource(files, recursive, boot_user, kubeconfig, context)
    with exit_on_error():
        rendered = render_pool(pool, source.objects(), boot_user)
        if not explain:
            print_document(rendered_manifest(rendered), output or Output.YAML)
        elif output:
            print_document(provenance_document(rendered), output)
        else:
            print_lines(provenance_lines(rendered))
