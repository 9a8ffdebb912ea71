"""`kubectl mc status`."""

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from controller.cli.kubectl_mc.arguments import options
from controller.cli.kubectl_mc.arguments.selection import Selection
from controller.cli.kubectl_mc.cluster import live_objects, observation, polling
from controller.cli.kubectl_mc.cluster.observation import Observation
from controller.cli.kubectl_mc.comparison.node_diff import node_diff_lines, paths_to_read
from controller.cli.kubectl_mc.node.node_contents import NodeReader
from controller.cli.kubectl_mc.node.ssh import Ssh
from controller.cli.kubectl_mc.status.overview import Overview
from controller.cli.kubectl_mc.status.overview_json import overview_document
from controller.cli.kubectl_mc.status.overview_view import overview_entries
from controller.cli.kubectl_mc.status.watch_view import watch_view
from controller.cli.kubectl_mc.terminal.console import print_lines, terminal_width
from controller.cli.kubectl_mc.terminal.documents import Output, print_document
from controller.cli.kubectl_mc.terminal.entries import all_lines
from controller.cli.kubectl_mc.terminal.errors import CommandError, UnavailableError, exit_on_error
from controller.planning.node import Node
from controller.rendering.node_manifest import ManifestError, manifest


def status(  # noqa: PLR0913 - each is an option
    named: options.PoolsAndNodes = None,
    *,
    watch: Annotated[
        bool, typer.Option("--watch", "-w", help="Print changes until Ctrl-C.")
    ] = False,
    diff: Annotated[
        bool,
        typer.Option(
            "--diff",
            help="Read the named nodes with your own SSH, and show the differences.",
        ),
    ] = False,
    ssh_command: options.SshCommand = options.SSH,
    ssh_config: options.SshConfig = None,
    ssh_user: options.SshUser = None,
    output: options.OutputFormat = None,
    boot_user: options.BootUser = options.BOOT_USER,
    kubeconfig: options.Kubeconfig = None,
    context: options.Context = None,
) -> None:
    """Show the status of pools and nodes.

    A pool is shown with its nodes, and a node that is named with all details.

    \b
      kubectl mc status
      kubectl mc status worker --watch
      kubectl mc status w-2
      kubectl mc status w-2 --diff

    Exit code 0: printed. 1: no such pool or node. 2: the cluster cannot be read.
    """  # noqa: D301 - \b keeps the lines below as they are
    read = partial(observation.observe_status, kubeconfig, context)
    with exit_on_error():
        first = read()
        selection = Selection.of(named or (), first.snapshot)
        if diff and (watch or output or not selection.nodes):
            raise CommandError("--diff needs named nodes", "name nodes, and leave out -w and -o")
        if watch:
            _watch(polling.poll(first, read), selection, output)
        else:
            overview = Overview.of(first.snapshot, selection, first.leadership)
            _show(overview, output)
            for member in overview.named if diff else ():
                ssh = Ssh.to(member.node, ssh_command, ssh_config, ssh_user)
                _show_drift(member.node, ssh, boot_user, kubeconfig, context)


def _show(overview: Overview, output: Output | None) -> None:
    if output:
        print_document(overview_document(overview), output)
    else:
        entries = overview_entries(overview, datetime.now(UTC), terminal_width())
        print_lines(all_lines(entries))


def _show_drift(
    node: Node, reader: NodeReader, boot_user: str, kubeconfig: Path | None, context: str | None
) -> None:
    """Print how a node has drifted; a node without drift is not read."""
    drift, config = node.status.drift, node.status.current_config
    if not drift:
        return
    try:
        content = manifest(live_objects.rendered_config(config, kubeconfig, context), boot_user)
    except ManifestError as error:
        remedy = "does --boot-user match the controller's setting?"
        raise UnavailableError(f"{config} cannot be read: {error}", remedy) from error
    files, units = paths_to_read(content, drift)
    contents = reader.read(files, units, public=True)
    title = (f"node {node.name}, ", "bold"), (f"- in {config}, + on the node", "bold")
    print_lines([[], title, *node_diff_lines(content, drift, contents)])


def _watch(
    readings: Iterable[Observation | UnavailableError], selection: Selection, output: Output | None
) -> None:
    """Show each reading until the reader closes the pipe; names are looked up each time."""
    with watch_view(output) as view:
        for reading in readings:
            if isinstance(reading, UnavailableError):
                view.report_error(reading)
            elif not view.show(Overview.of(reading.snapshot, selection, reading.leadership)):
                return
