"""The options that several commands have."""

from pathlib import Path
from typing import Annotated, Any, Final

import typer

from controller.api import names
from controller.cli.kubectl_mc.arguments.name_completion import (
    node_names,
    pool_and_node_names,
    pool_names,
)
from controller.cli.kubectl_mc.terminal.console import Output
from controller.cli.kubectl_mc.terminal.durations import seconds

BOOT_USER: Final = names.BOOT_USER
SSH: Final = "ssh"

_FILES_HELP: Final = "File or folder with manifests, or - for standard input; repeatable."

Files = Annotated[
    list[str] | None,
    typer.Option("--filename", "-f", metavar="PATH", help=_FILES_HELP, show_default=False),
]
Recursive = Annotated[
    bool, typer.Option("--recursive", "-R", help="Look into the folders below a folder too.")
]
Pool = Annotated[
    str, typer.Option("--pool", metavar="POOL", help="The pool.", autocompletion=pool_names)
]
PoolOrAll = Annotated[
    str | None,
    typer.Option(
        "--pool",
        metavar="POOL",
        help="This pool alone; without it, every pool.",
        autocompletion=pool_names,
        show_default=False,
    ),
]
PoolArgument = Annotated[
    str, typer.Argument(metavar="POOL", help="The pool.", autocompletion=pool_names)
]
PoolsAndNodes = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[POOL|NODE]...",
        help="These pools and nodes alone; without any, all.",
        autocompletion=pool_and_node_names,
        show_default=False,
    ),
]
Nodes = Annotated[
    list[str], typer.Argument(metavar="NODE", help="The nodes.", autocompletion=node_names)
]
Pools = Annotated[
    list[str], typer.Argument(metavar="POOL", help="The pools.", autocompletion=pool_names)
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask whether to.")]
Form = Annotated[
    Output | None,
    typer.Option("--output", "-o", help="The form, for programs.", show_default=False),
]
BootUser = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        envvar="MACHINECONFIG_BOOT_USER",
        help="The user whose SSH keys are managed, as the controller's setting names it.",
    ),
]
Kubeconfig = Annotated[
    Path | None,
    typer.Option(metavar="PATH", help="The kubeconfig, if not kubectl's own.", show_default=False),
]
Context = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="The kubeconfig's context.", show_default=False),
]


def timeout(default: str) -> Any:  # noqa: ANN401 - what Typer has for an option
    """How long to wait; `default` is how the default is shown."""
    most = f"How long to wait at most, for example 90s or 1h; {default} unless you say."
    return typer.Option(
        "--timeout", parser=seconds, metavar="DURATION", help=most, show_default=False
    )


SshCommand = Annotated[
    str,
    typer.Option(metavar="COMMAND", help="What is run to reach a node; it takes the words of ssh."),
]
SshConfig = Annotated[
    Path | None,
    typer.Option(metavar="PATH", help="The ssh_config, if not your own.", show_default=False),
]
SshUser = Annotated[
    str | None,
    typer.Option(
        metavar="NAME", help="Whom to log in as, if not as ssh_config says.", show_default=False
    ),
]
