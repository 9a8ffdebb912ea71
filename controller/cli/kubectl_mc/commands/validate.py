"""`kubectl mc validate`."""

from typing import Annotated

import typer

from controller.cli.kubectl_mc.arguments import options
from controller.cli.kubectl_mc.arguments.manifest_source import ManifestSource
from controller.cli.kubectl_mc.terminal.console import print_lines
from controller.cli.kubectl_mc.terminal.documents import print_document
from controller.cli.kubectl_mc.terminal.errors import EXIT_FAILED, exit_on_error
from controller.cli.kubectl_mc.validation.report import validation_report


def validate(  # noqa: PLR0913 - each is an option
    *,
    files: options.Files = None,
    recursive: options.Recursive = False,
    warnings_as_errors: Annotated[
        bool, typer.Option("--warnings-as-errors", help="Treat warnings as errors.")
    ] = False,
    output: options.OutputFormat = None,
    boot_user: options.BootUser = options.BOOT_USER,
    kubeconfig: options.Kubeconfig = None,
    context: options.Context = None,
) -> None:
    """Report all problems of manifests.

    It validates MachineConfigs, MachineConfigPools and the MachineConfiguration: with -f those of
    files, and no cluster is needed; without, those of the cluster.

    \b
      kubectl mc validate -f 50-motd.yaml
      kubectl mc validate -f manifests/ --recursive --warnings-as-errors
      kustomize build . | kubectl mc validate -f -

    Exit code 0: valid. 1: invalid. 2: the input cannot be read.
    """  # noqa: D301 - \b keeps the lines below as they are
    source = ManifestSource(files, recursive, boot_user, kubeconfig, context)
    with exit_on_error():
        report = validation_report(source.documents(), boot_user)
        if output:
            print_document(report.document(), output)
        else:
            print_lines(report.lines())
        if not report.passes(warnings_as_errors=warnings_as_errors):
            raise typer.Exit(EXIT_FAILED)
