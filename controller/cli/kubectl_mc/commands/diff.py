"""`kubectl mc diff`."""

from typing import Annotated

import typer

from controller.cli.kubectl_mc.arguments import options
from controller.cli.kubectl_mc.cluster.source import Where
from controller.cli.kubectl_mc.comparison import config_sources, pool_diff
from controller.cli.kubectl_mc.comparison.config_sources import Side
from controller.cli.kubectl_mc.files import reviewed_objects
from controller.cli.kubectl_mc.terminal import console
from controller.cli.kubectl_mc.terminal.errors import UNSEEN, WRONG, ending


def diff(  # noqa: PLR0913 - each is an option
    *,
    files: options.Files = None,
    recursive: options.Recursive = False,
    against: Annotated[
        str | None,
        typer.Option(
            metavar="FOLDER",
            help="Compare with these manifests instead of the cluster's nodes.",
            show_default=False,
        ),
    ] = None,
    pool: options.PoolOrAll = None,
    protected: Annotated[
        bool,
        typer.Option(
            "--show-protected-contents", help="Show files too that not everybody may read."
        ),
    ] = False,
    output: options.Form = None,
    boot_user: options.BootUser = options.BOOT_USER,
    kubeconfig: options.Kubeconfig = None,
    context: options.Context = None,
) -> None:
    """Show what would change on the nodes.

    And what that would disturb under the policy: restarts, drains, reboots.

    With -f: what `kubectl apply` of these files would change. Without: what the MachineConfigs of
    the cluster would, where the nodes have not been told yet.

    \b
      kubectl mc diff -f 50-motd.yaml
      kubectl mc diff -f manifests/ --against ../main/manifests/

    Exit code 0: nothing changes. 1: something does. 2: it could not tell.
    """  # noqa: D301 - it keeps the lines below it as they are
    where = Where(files, recursive, boot_user, kubeconfig, context)
    with ending(wrong=UNSEEN):
        before, after = _against_folder(where, against) if against else _against_cluster(where)
        found = config_sources.differences(before, after, pool)
    if output:
        console.dump(pool_diff.document(found, protected=protected), output)
    else:
        for each in found:
            console.show(pool_diff.lines(each, protected=protected))
    if any(each.changes for each in found):
        raise typer.Exit(WRONG)


def _against_folder(where: Where, folder: str) -> tuple[Side, Side]:
    new = where.objects()
    old = reviewed_objects.of_files(where.in_files([folder]), where.boot_user)
    return config_sources.Made(old, where.boot_user), config_sources.Made(new, where.boot_user)


def _against_cluster(where: Where) -> tuple[Side, Side]:
    """What is in force, and what would be after `kubectl apply -f`."""
    live, new = where.applied()
    return config_sources.InForce.of(live, where.boot_user), config_sources.Made(
        new, where.boot_user
    )
