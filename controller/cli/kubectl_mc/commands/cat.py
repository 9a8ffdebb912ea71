"""`kubectl mc cat`."""

from typing import Annotated

import typer

from controller.cli.kubectl_mc.arguments import options, pool_lookup
from controller.cli.kubectl_mc.cluster.source import Where
from controller.cli.kubectl_mc.comparison import config_sources, file_contents
from controller.cli.kubectl_mc.comparison.config_sources import Side
from controller.cli.kubectl_mc.comparison.pool_diff import Config
from controller.cli.kubectl_mc.terminal import streams
from controller.cli.kubectl_mc.terminal.errors import CommandError, ending
from controller.cli.kubectl_mc.terminal.plain_text import as_text


def cat(  # noqa: PLR0913 - each is an option
    pool: options.PoolArgument,
    path: Annotated[
        str,
        typer.Argument(metavar="PATH", help="The path on the nodes, of a file, unit or drop-in."),
    ],
    *,
    files: options.Files = None,
    recursive: options.Recursive = False,
    boot_user: options.BootUser = options.BOOT_USER,
    kubeconfig: options.Kubeconfig = None,
    context: options.Context = None,
) -> None:
    """Print one file of a pool's nodes.

    With -f the pool is rendered from files; without, it is what the cluster's nodes are to be now.

    \b
      kubectl mc cat worker /etc/motd
      kubectl mc cat worker /etc/systemd/system/greeting.service -f manifests/

    Exit code 0: here it is. 1: there is no such file. 2: it could not look.
    """  # noqa: D301 - it keeps the lines below it as they are
    where = Where(files, recursive, boot_user, kubeconfig, context)
    with ending():
        config = _config(_side(where), pool)
        contents = file_contents.contents(config.manifest, path)
        if streams.on_terminal() and as_text(contents) is None:
            raise CommandError(
                f"{path} is no text, and could confuse the terminal", "pipe it: … | less, or > FILE"
            )
    streams.write(contents)


def _side(where: Where) -> Side:
    if where.files:
        return config_sources.Made(where.objects(), where.boot_user)
    return config_sources.InForce.of(where.live(), where.boot_user)


def _config(side: Side, pool: str) -> Config:
    if pool not in side.pools:
        raise pool_lookup.unknown(pool, side.pools)
    config = side.config(pool)
    if config is None:
        remedy = "`kubectl mc render` shows what it would be"
        raise CommandError(f"pool {pool} has no rendered config yet", remedy)
    return config
