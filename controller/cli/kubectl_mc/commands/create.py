"""`kubectl mc create`."""

from typing import Annotated

import typer

from controller.cli.kubectl_mc.arguments import options
from controller.cli.kubectl_mc.arguments.file_spec import FileSpec
from controller.cli.kubectl_mc.authoring.draft import made
from controller.cli.kubectl_mc.authoring.draft_review import check, check_encoding
from controller.cli.kubectl_mc.authoring.files import files
from controller.cli.kubectl_mc.authoring.ssh_keys import keys
from controller.cli.kubectl_mc.authoring.units import units
from controller.cli.kubectl_mc.files.local_files import read_to_manage
from controller.cli.kubectl_mc.terminal import console
from controller.cli.kubectl_mc.terminal.console import Output
from controller.cli.kubectl_mc.terminal.errors import ending

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
        check_encoding(name, role, boot_user, *(file or ()), *(unit or ()))
        specs = map(FileSpec.parse, file or ())
        parts = (
            files((spec, read_to_manage(spec.local)) for spec in specs),
            units(map(read_to_manage, unit or ()), enable=enable),
            keys(boot_user, map(read_to_manage, ssh_key or ())),
        )
        config = made(name, role, parts)
        check(config, boot_user)
        console.dump(config.manifest, output or Output.YAML)
