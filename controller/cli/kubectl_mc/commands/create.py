"""`kubectl mc create`."""

from typing import Annotated

import typer

from controller.cli.kubectl_mc.arguments import options
from controller.cli.kubectl_mc.arguments.file_spec import FileSpec
from controller.cli.kubectl_mc.arguments.name_completion import complete_pool
from controller.cli.kubectl_mc.authoring.draft import draft
from controller.cli.kubectl_mc.authoring.draft_review import require_unicode, review_draft
from controller.cli.kubectl_mc.authoring.file_part import file_part
from controller.cli.kubectl_mc.authoring.ssh_key_part import ssh_key_part
from controller.cli.kubectl_mc.authoring.unit_part import unit_part
from controller.cli.kubectl_mc.files.local_files import read_managed_file
from controller.cli.kubectl_mc.terminal.documents import Output, print_document
from controller.cli.kubectl_mc.terminal.errors import exit_on_error

Names = list[str] | None


def create(  # noqa: PLR0913 - each is an option
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the MachineConfig.")],
    *,
    role: Annotated[
        str,
        typer.Option(
            metavar="ROLE",
            help="Role whose pool selects it: worker, master or a custom pool.",
            autocompletion=complete_pool,
        ),
    ],
    file: Annotated[
        Names,
        typer.Option(
            metavar="LOCAL:REMOTE[:MODE]",
            help="File, and its path on the nodes; repeatable. Default mode: that of the local "
            "file, not writable for group and others.",
            show_default=False,
        ),
    ] = None,
    unit: Annotated[
        Names,
        typer.Option(
            metavar="LOCAL",
            help="Systemd unit, or drop-in in a folder X.service.d; repeatable.",
            show_default=False,
        ),
    ] = None,
    enable: Annotated[bool, typer.Option("--enable", help="Enable the units.")] = False,
    ssh_key: Annotated[
        Names,
        typer.Option(
            metavar="FILE",
            help="File of public SSH keys, one a line; repeatable.",
            show_default=False,
        ),
    ] = None,
    output: options.OutputFormat = None,
    boot_user: options.BootUser = options.BOOT_USER,
) -> None:
    """Print a MachineConfig made from local files.

    It contains files, systemd units and their drop-ins, and SSH keys. No cluster is needed.

    \b
      kubectl mc create 50-motd --role worker --file motd:/etc/motd:0644
      kubectl mc create 60-greeting --role worker --unit greeting.service --enable
      kubectl mc create 70-limits --role worker --unit kubelet.service.d/limits.conf
      kubectl mc create 40-keys --role worker --ssh-key ~/.ssh/id_ed25519.pub

    Exit code 0: printed. 1: invalid. 2: a file cannot be read.
    """  # noqa: D301 - \b keeps the lines below as they are
    with exit_on_error():
        require_unicode(name, role, boot_user, *(file or ()), *(unit or ()))
        specs = map(FileSpec.parse, file or ())
        parts = (
            file_part((spec, read_managed_file(spec.local)) for spec in specs),
            unit_part(map(read_managed_file, unit or ()), enable=enable),
            ssh_key_part(boot_user, map(read_managed_file, ssh_key or ())),
        )
        created = draft(name, role, parts)
        review_draft(created, boot_user)
        print_document(created.manifest, output or Output.YAML)
