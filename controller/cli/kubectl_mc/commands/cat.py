"""`kubectl mc cat`."""

from typing import Annotated

import typer

from controller.cli.kubectl_mc.arguments import options
from controller.cli.kubectl_mc.arguments.manifest_source import ManifestSource
from controller.cli.kubectl_mc.arguments.pool_lookup import unknown_pool
from controller.cli.kubectl_mc.comparison.config_sources import (
    ClusterTargets,
    ConfigSource,
    RenderedConfigs,
)
from controller.cli.kubectl_mc.comparison.file_contents import file_contents
from controller.cli.kubectl_mc.comparison.pool_diff import Config
from controller.cli.kubectl_mc.terminal import streams
from controller.cli.kubectl_mc.terminal.errors import CommandError, exit_on_error
from controller.cli.kubectl_mc.terminal.plain_text import as_text


def cat(  # noqa: PLR0913 - each is an option
    pool: options.PoolArgument,
    path: Annotated[
        str,
        typer.Argument(metavar="PATH", help="Path of a file, unit or drop-in on the nodes."),
    ],
    *,
    files: options.Files = None,
    recursive: options.Recursive = False,
    boot_user: options.BootUser = options.BOOT_USER,
    kubeconfig: options.Kubeconfig = None,
    context: options.Context = None,
) -> None:
    """Print one file that a pool's nodes have.

    With -f, the pool is rendered from files; without, the file is that of the pool's target.

    \b
      kubectl mc cat worker /etc/motd
      kubectl mc cat worker /etc/systemd/system/greeting.service -f manifests/

    Exit code 0: printed. 1: no such pool or file. 2: the input cannot be read.
    """  # noqa: D301 - \b keeps the lines below as they are
    source = ManifestSource(files, recursive, boot_user, kubeconfig, context)
    with exit_on_error():
        config = _config(_config_source(source), pool)
        contents = file_contents(config.manifest, path)
        if streams.on_terminal() and as_text(contents) is None:
            remedy = "pipe it: … | less, or > FILE"
            raise CommandError(f"{path} is not text, and could confuse the terminal", remedy)
    streams.write(contents)


def _config_source(source: ManifestSource) -> ConfigSource:
    if source.files:
        return RenderedConfigs(source.objects(), source.boot_user)
    return ClusterTargets.of(source.live(), source.boot_user)


def _config(configs: ConfigSource, pool: str) -> Config:
    if pool not in configs.pools:
        raise unknown_pool(pool, configs.pools)
    config = configs.config(pool)
    if config is None:
        remedy = "`kubectl mc render` shows what it would be"
        raise CommandError(f"pool {pool} has no rendered config yet", remedy)
    return config
