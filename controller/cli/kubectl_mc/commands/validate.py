"""`kubectl mc validate`."""

from typing import Annotated

import typer

from controller.cli.kubectl_mc.arguments import options
from controller.cli.kubectl_mc.cluster.source import Where
from controller.cli.kubectl_mc.terminal import console
from controller.cli.kubectl_mc.terminal.errors import WRONG, ending
from controller.cli.kubectl_mc.validation import report


def validate(  # noqa: PLR0913 - each is an option
    *,
    files: options.Files = None,
    recursive: options.Recursive = False,
    warnings_as_errors: Annotated[
        bool, typer.Option("--warnings-as-errors", help="Fail on warnings too.")
    ] = False,
    output: options.Form = None,
    boot_user: options.BootUser = options.BOOT_USER,
    kubeconfig: options.Kubeconfig = None,
    context: options.Context = None,
) -> None:
    """Name everything that is wrong, at once.

    It knows MachineConfigs, MachineConfigPools and the MachineConfiguration. With -f it looks at
    files and needs no cluster; without, at what the cluster holds.

    \b
      kubectl mc validate -f 50-motd.yaml
      kubectl mc validate -f manifests/ --recursive --warnings-as-errors
      kustomize build . | kubectl mc validate -f -

    Exit code 0: all is well. 1: something is wrong. 2: it could not look.
    """  # noqa: D301 - it keeps the lines below it as they are
    where = Where(files, recursive, boot_user, kubeconfig, context)
    with ending():
        found = report.verdict(where.documents(), boot_user)
        if output:
            console.dump(report.document(found), output)
        else:
            console.show(report.lines(found))
        if not found.passes(warnings_as_errors=warnings_as_errors):
            raise typer.Exit(WRONG)
