"""`kubectl mc diff`."""

from typing import Annotated

import typer

from controller.cli.kubectl_mc.arguments import options
from controller.cli.kubectl_mc.arguments.manifest_source import ManifestSource
from controller.cli.kubectl_mc.comparison.config_sources import (
    ClusterTargets,
    ConfigSource,
    RenderedConfigs,
    compare_pools,
)
from controller.cli.kubectl_mc.comparison.pool_diff_view import pool_diff_document, pool_diff_lines
from controller.cli.kubectl_mc.files.reviewed_objects import from_files
from controller.cli.kubectl_mc.terminal.console import print_lines
from controller.cli.kubectl_mc.terminal.documents import print_document
from controller.cli.kubectl_mc.terminal.errors import EXIT_FAILED, EXIT_UNAVAILABLE, exit_on_error


def diff(  # noqa: PLR0913 - each is an option
    *,
    files: options.Files = None,
    recursive: options.Recursive = False,
    against: Annotated[
        str | None,
        typer.Option(
            metavar="PATH",
            help="File or folder of manifests to compare with, instead of the cluster's nodes.",
            show_default=False,
        ),
    ] = None,
    pool: options.PoolOrAll = None,
    protected: Annotated[
        bool,
        typer.Option(
            "--show-protected-contents", help="Show contents that are not world-readable."
        ),
    ] = False,
    output: options.OutputFormat = None,
    boot_user: options.BootUser = options.BOOT_USER,
    kubeconfig: options.Kubeconfig = None,
    context: options.Context = None,
) -> None:
    """Show what would change on the nodes.

    It includes what that would disturb under the policy: restarts, drains, reboots.

    With -f: the effect of `kubectl apply` of these files. Without: the effect of the cluster's
    MachineConfigs that is not rolled out yet.

    \b
      kubectl mc diff -f 50-motd.yaml
      kubectl mc diff -f manifests/ --against ../main/manifests/

    Exit code 0: no changes. 1: changes. 2: any error.
    """  # noqa: D301 - \b keeps the lines below as they are
    source = ManifestSource(files, recursive, boot_user, kubeconfig, context)
    with exit_on_error(failed=EXIT_UNAVAILABLE):
        before, after = _with_other_files(source, against) if against else _with_cluster(source)
        diffs = compare_pools(before, after, pool)
    if output:
        print_document(pool_diff_document(diffs, protected=protected), output)
    else:
        for each in diffs:
            print_lines(pool_diff_lines(each, protected=protected))
    if any(each.changes for each in diffs):
        raise typer.Exit(EXIT_FAILED)


def _with_other_files(source: ManifestSource, path: str) -> tuple[ConfigSource, ConfigSource]:
    """Return what the file or folder renders to, and what the source does."""
    new = source.objects()
    old = from_files(source.read_files([path]), source.boot_user)
    return RenderedConfigs(old, source.boot_user), RenderedConfigs(new, source.boot_user)


def _with_cluster(source: ManifestSource) -> tuple[ConfigSource, ConfigSource]:
    """Return the pools' targets, and what they would be after `kubectl apply -f`."""
    documents = source.files_to_apply()
    live = source.live("to compare files only, pass --against PATH")
    new = source.with_applied(documents, live)
    targets = ClusterTargets.of(live, source.boot_user)
    return targets, RenderedConfigs(new, source.boot_user)
