"""`kubectl mc adopt`."""

from typing import Annotated

import typer

from controller.cli.kubectl_mc.arguments import options
from controller.cli.kubectl_mc.arguments.name_completion import node_names
from controller.cli.kubectl_mc.arguments.selection import nodes_named
from controller.cli.kubectl_mc.authoring import adopt_draft, adopt_placement, adopt_targets
from controller.cli.kubectl_mc.authoring.draft import made
from controller.cli.kubectl_mc.authoring.draft_review import check, check_encoding
from controller.cli.kubectl_mc.cluster import observer
from controller.cli.kubectl_mc.cluster.live_objects import IN_CLUSTER
from controller.cli.kubectl_mc.node.ssh import Ssh
from controller.cli.kubectl_mc.terminal import console
from controller.cli.kubectl_mc.terminal.console import Output
from controller.cli.kubectl_mc.terminal.errors import ending
from controller.manifests.document import Document


def adopt(  # noqa: PLR0913 - each is an option
    node: Annotated[
        str,
        typer.Argument(metavar="NODE", help="The node.", autocompletion=node_names),
    ],
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH", help="A file, or a systemd unit by its path or name; repeatable."
        ),
    ],
    *,
    name: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="The MachineConfig's name; 99-POOL-adopted-NODE unless you say.",
            show_default=False,
        ),
    ] = None,
    ssh_command: options.SshCommand = options.SSH,
    ssh_config: options.SshConfig = None,
    ssh_user: options.SshUser = None,
    output: options.Form = None,
    boot_user: options.BootUser = options.BOOT_USER,
    kubeconfig: options.Kubeconfig = None,
    context: options.Context = None,
) -> None:
    """Print a MachineConfig of what is on a node now.

    It wants files and units as they stand there, on all nodes of the pool. The node is read by your
    own SSH, with sudo there; nothing is changed, on it or in the cluster.

    \b
      kubectl mc adopt w-2 /etc/motd > adopted.yaml
      kubectl mc adopt w-2 kubelet.service /etc/default/kubelet --ssh-user admin > adopted.yaml
      kubectl mc diff -f adopted.yaml

    Exit code 0: here it is. 1: it cannot be said, or would be refused. 2: it could not look.
    """  # noqa: D301 - it keeps the lines below it as they are
    with ending():
        check_encoding(*paths, name or "")
        snapshot = observer.planner_view(kubeconfig, context).snapshot
        nodes_named([node], snapshot)
        home = adopt_placement.home(node, snapshot, boot_user)
        before = home.before()
        files = {each["path"] for each in before.manifest["files"]}
        wanted = adopt_targets.parse(paths, files)
        there = next(each for each in snapshot.nodes if each.name == node)
        seen = Ssh.to(there, ssh_command, ssh_config, ssh_user).read(
            [each.name for each in wanted if each.kind != "unit"],
            [each.name for each in wanted if each.kind == "unit"],
            public=False,
        )
        chosen = name or f"99-{home.pool.name}-adopted-{node}"
        config = made(chosen, home.pool.name, adopt_draft.parts(node, wanted, seen, before))
        config.manifest["metadata"]["labels"] = home.labels()
        check(config, boot_user, Document(IN_CLUSTER, 0, home.pool.to_api(), {}))
        notes = [*home.prove(config.manifest)]
        console.dump(config.manifest, output or Output.YAML)
        console.show(notes, stderr=True)
        hint = (
            "`kubectl mc diff -f FILE` shows what that changes, and `kubectl apply -f FILE` does it"
        )
        console.show([[hint]], stderr=True)
