"""`kubectl mc create`."""

from pathlib import Path
from typing import Annotated

import typer

from controller.cli.kubectl_mc import making, objects, options, printing
from controller.cli.kubectl_mc.ending import ending
from controller.cli.kubectl_mc.inputs import read_bytes
from controller.cli.kubectl_mc.making import FileSpec, LocalFile
from controller.cli.kubectl_mc.printing import Output
from controller.cli.kubectl_mc.where import warned
from controller.manifests.document import Document

Names = list[str] | None


def create(  # noqa: PLR0913 - each is an option
    name: Annotated[str, typer.Argument(metavar="NAME", help="The name of the MachineConfig.")],
    *,
    role: Annotated[
        str,
        typer.Option(
            metavar="ROLE",
            help="The role whose pool selects it: worker, master or a pool of your own.",
            autocompletion=options.pool_names,
        ),
    ],
    file: Annotated[
        Names,
        typer.Option(
            metavar="LOCAL:REMOTE[:MODE]",
            help="A file, and its path on the nodes; repeatable. Without a mode it has the local "
            "file's, but for writing by others.",
            show_default=False,
        ),
    ] = None,
    unit: Annotated[
        Names,
        typer.Option(
            metavar="LOCAL",
            help="A systemd unit, or a drop-in in a folder X.service.d; repeatable.",
            show_default=False,
        ),
    ] = None,
    enable: Annotated[
        bool, typer.Option("--enable", help="Have the units started on every boot.")
    ] = False,
    ssh_key: Annotated[
        Names,
        typer.Option(
            metavar="FILE", help="Public SSH keys, one a line; repeatable.", show_default=False
        ),
    ] = None,
    output: options.Form = None,
    boot_user: options.BootUser = options.BOOT_USER,
) -> None:
    """Print a MachineConfig made of local files.

    Files, systemd units and their drop-ins, and SSH keys. It needs no cluster.

    \b
      kubectl mc create 50-motd --role worker --file motd:/etc/motd:0644
      kubectl mc create 60-greeting --role worker --unit greeting.service --enable
      kubectl mc create 70-limits --role worker --unit kubelet.service.d/limits.conf
      kubectl mc create 40-keys --role worker --ssh-key ~/.ssh/id_ed25519.pub

    Exit code 0: here it is. 1: it would be refused. 2: a file cannot be read.
    """  # noqa: D301 - it keeps the lines below it as they are
    with ending():
        files = [_file(FileSpec.parse(each)) for each in file or ()]
        units = making.units(map(_local, unit or ()), enable=enable)
        keys = making.ssh_keys(boot_user, map(_local, ssh_key or ()))
        made = making.machine_config(name, role, making.sections(files, units, keys))
        # What this command prints is never refused later.
        warned(objects.of_files([Document(name, 0, made, {})], boot_user))
        printing.dump(made, output or Output.YAML)


def _file(spec: FileSpec) -> making.Json:
    return making.file(spec, _local(spec.local))


def _local(name: str) -> LocalFile:
    path = Path(name)
    data = read_bytes(path)
    return LocalFile(name, data, path.stat().st_mode)
