"""Options and arguments that several commands share."""

from pathlib import Path
from typing import Annotated, Any, Final

import typer

from controller.api import names
from controller.cli.kubectl_mc.arguments.name_completion import (
    complete_node,
    complete_pool,
    complete_pool_or_node,
)
from controller.cli.kubectl_mc.terminal.documents import Output
from controller.cli.kubectl_mc.terminal.durations import parse_duration

BOOT_USER: Final = names.BOOT_USER
SSH: Final = "ssh"

_FILES_HELP: Final = "File or folder of manifests, or - for standard input; repeatable."

Files = Annotated[
    list[str] | None,
    typer.Option("--filename", "-f", metavar="PATH", help=_FILES_HELP, show_default=False),
]
Recursive = Annotated[
    bool, typer.Option("--recursive", "-R", help="Include the folders below a folder.")
]
Pool = Annotated[
    str, typer.Option("--pool", metavar="POOL", help="The pool.", autocompletion=complete_pool)
]
PoolOrAll = Annotated[
    str | None,
    typer.Option(
        "--pool",
        metavar="POOL",
        help="Only this pool. Default: all pools.",
        autocompletion=complete_pool,
        show_default=False,
    ),
]
PoolArgument = Annotated[
    str, typer.Argument(metavar="POOL", help="The pool.", autocompletion=complete_pool)
]
PoolsAndNodes = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="POOL|NODE",
        help="Only these pools and nodes. Default: all.",
        autocompletion=complete_pool_or_node,
        show_default=False,
    ),
]
Nodes = Annotated[
    list[str], typer.Argument(metavar="NODE", help="The nodes.", autocompletion=complete_node)
]
Pools = Annotated[
    list[str], typer.Argument(metavar="POOL", help="The pools.", autocompletion=complete_pool)
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Skip the confirmation prompt.")]
OutputFormat = Annotated[
    Output | None,
    typer.Option("--output", "-o", help="Output format for programs.", show_default=False),
]
_BOOT_USER_HELP: Final = (
    "User whose SSH keys are managed: must equal the controller's MACHINECONFIG_BOOT_USER."
)
_BOOT_USER_VARIABLE: Final = "MACHINECONFIG_BOOT_USER"
BootUser = Annotated[
    str, typer.Option(metavar="NAME", envvar=_BOOT_USER_VARIABLE, help=_BOOT_USER_HELP)
]
# For commands whose output hardly ever depends on it.
HiddenBootUser = Annotated[
    str,
    typer.Option(metavar="NAME", envvar=_BOOT_USER_VARIABLE, help=_BOOT_USER_HELP, hidden=True),
]
Kubeconfig = Annotated[
    Path | None,
    typer.Option(
        metavar="PATH",
        help="Kubeconfig file. Default: the one that kubectl uses.",
        show_default=False,
    ),
]
Context = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Context of the kubeconfig. Default: its current context.",
        show_default=False,
    ),
]


def timeout(default: str) -> Any:  # noqa: ANN401 - Typer's type for an option
    """Return the option `--timeout`; `default` is what its help shows."""
    text = f"How long to wait, for example 90s or 1h. Default: {default}."
    return typer.Option(
        "--timeout", parser=parse_duration, metavar="DURATION", help=text, show_default=False
    )


SshCommand = Annotated[
    str,
    typer.Option(
        metavar="COMMAND", help="Command that reaches a node; it takes the arguments of ssh."
    ),
]
SshConfig = Annotated[
    Path | None,
    typer.Option(metavar="PATH", help="ssh_config file. Default: your own.", show_default=False),
]
SshUser = Annotated[
    str | None,
    typer.Option(
        metavar="NAME", help="User to log in as. Default: that of ssh_config.", show_default=False
    ),
]
