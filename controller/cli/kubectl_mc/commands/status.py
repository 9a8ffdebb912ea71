"""`kubectl mc status`."""

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from controller.cli.kubectl_mc.arguments import options
from controller.cli.kubectl_mc.arguments.selection import Chosen
from controller.cli.kubectl_mc.cluster import live_objects, observer, polling
from controller.cli.kubectl_mc.cluster.observer import Seen
from controller.cli.kubectl_mc.comparison import node_diff
from controller.cli.kubectl_mc.node.node_contents import Reader
from controller.cli.kubectl_mc.node.ssh import Ssh
from controller.cli.kubectl_mc.status import overview_view, watch_view
from controller.cli.kubectl_mc.status.overview import Standing
from controller.cli.kubectl_mc.status.overview_json import document
from controller.cli.kubectl_mc.terminal import console, entries
from controller.cli.kubectl_mc.terminal.console import Output
from controller.cli.kubectl_mc.terminal.errors import CommandError, UnseenError, ending
from controller.planning.node import Node
from controller.rendering.node_manifest import ManifestError, manifest


def status(  # noqa: PLR0913 - each is an option
    named: options.PoolsAndNodes = None,
    *,
    watch: Annotated[
        bool, typer.Option("--watch", "-w", help="Look again and again, until Ctrl-C.")
    ] = False,
    diff: Annotated[
        bool,
        typer.Option("--diff", help="Read the nodes by your own SSH, and show how they differ."),
    ] = False,
    ssh_command: options.SshCommand = options.SSH,
    ssh_config: options.SshConfig = None,
    ssh_user: options.SshUser = None,
    output: options.Form = None,
    boot_user: options.BootUser = options.BOOT_USER,
    kubeconfig: options.Kubeconfig = None,
    context: options.Context = None,
) -> None:
    """Show how the pools and nodes stand.

    A pool is shown with its nodes; of a node that is named everything is shown.

    \b
      kubectl mc status
      kubectl mc status worker --watch
      kubectl mc status w-2
      kubectl mc status w-2 --diff

    Exit code 0: here it is. 1: there is no such pool or node. 2: it could not look.
    """  # noqa: D301 - it keeps the lines below it as they are
    look = partial(observer.overview, kubeconfig, context)
    with ending():
        first = look()
        chosen = Chosen.of(named or (), first.snapshot)
        if diff and (watch or output or not chosen.nodes):
            raise CommandError("--diff shows nodes that are named, once", "leave out -w and -o")
        if watch:
            _watch(polling.looks(first, look), chosen, output)
        else:
            standing = Standing.of(first.snapshot, chosen, first.leadership)
            _show(standing, output)
            for member in standing.named if diff else ():
                way = Ssh.to(member.node, ssh_command, ssh_config, ssh_user)
                _show_drift(member.node, way, boot_user, kubeconfig, context)


def _show(standing: Standing, output: Output | None) -> None:
    if output:
        console.dump(document(standing), output)
    else:
        width = console.terminal_width()
        shown = overview_view.entries(standing, datetime.now(UTC), width)
        console.show(entries.lines(shown))


def _show_drift(
    node: Node, reader: Reader, boot_user: str, kubeconfig: Path | None, context: str | None
) -> None:
    """Read what has drifted, and show how; nothing is read of a node on which nothing has."""
    drift, config = node.status.drift, node.status.current_config
    if not drift:
        return
    try:
        wanted = manifest(live_objects.rendered_config(config, kubeconfig, context), boot_user)
    except ManifestError as error:
        remedy = "is the boot user another? --boot-user names it"
        raise UnseenError(f"{config} cannot be read: {error}", remedy) from error
    files, units = node_diff.to_read(wanted, drift)
    seen = reader.read(files, units, public=True)
    title = (f"node {node.name}, ", "bold"), (f"- as {config} says, + as it is there", "bold")
    console.show([[], title, *node_diff.lines(wanted, drift, seen)])


def _watch(looks: Iterable[Seen | UnseenError], chosen: Chosen, output: Output | None) -> None:
    """Go on until nobody reads on; the names stand for who bears them each time."""
    with watch_view.painter(output) as painter:
        for seen in looks:
            if isinstance(seen, UnseenError):
                painter.trouble(seen)
            elif not painter.show(Standing.of(seen.snapshot, chosen, seen.leadership)):
                return
