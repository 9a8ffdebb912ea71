"""`kubectl mc adopt`."""

from typing import Annotated

import typer

from controller.cli.kubectl_mc.arguments import options
from controller.cli.kubectl_mc.arguments.name_completion import complete_node
from controller.cli.kubectl_mc.arguments.selection import select_nodes
from controller.cli.kubectl_mc.authoring.adopt_draft import adopted_parts
from controller.cli.kubectl_mc.authoring.adopt_placement import placement_of
from controller.cli.kubectl_mc.authoring.adopt_targets import parse_targets
from controller.cli.kubectl_mc.authoring.draft import draft
from controller.cli.kubectl_mc.authoring.draft_review import require_unicode, review_draft
from controller.cli.kubectl_mc.cluster import observation
from controller.cli.kubectl_mc.cluster.live_objects import IN_CLUSTER
from controller.cli.kubectl_mc.node.ssh import Ssh
from controller.cli.kubectl_mc.terminal.console import print_lines
from controller.cli.kubectl_mc.terminal.documents import Output, print_document
from controller.cli.kubectl_mc.terminal.errors import exit_on_error
from controller.manifests.document import Document


def adopt(  # noqa: PLR0913 - each is an option
    node: Annotated[
        str,
        typer.Argument(metavar="NODE", help="The node.", autocompletion=complete_node),
    ],
    paths: Annotated[
        list[str],
        typer.Argument(metavar="PATH", help="File, or systemd unit by path or name; repeatable."),
    ],
    *,
    name: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Name of the MachineConfig. Default: 99-POOL-adopted-NODE.",
            show_default=False,
        ),
    ] = None,
    ssh_command: options.SshCommand = options.SSH,
    ssh_config: options.SshConfig = None,
    ssh_user: options.SshUser = None,
    output: options.OutputFormat = None,
    boot_user: options.BootUser = options.BOOT_USER,
    kubeconfig: options.Kubeconfig = None,
    context: options.Context = None,
) -> None:
    """Print a MachineConfig with the current state of a node.

    It configures files and units as they are there, on all nodes of the pool. The node is read with
    your own SSH, and sudo there; nothing is changed on the node or in the cluster.

    \b
      kubectl mc adopt w-2 /etc/motd > adopted.yaml
      kubectl mc adopt w-2 kubelet.service /etc/default/kubelet --ssh-user admin > adopted.yaml
      kubectl mc diff -f adopted.yaml

    Exit code 0: printed. 1: no such node or path, or a MachineConfig cannot contain its state.
    2: the cluster or the node cannot be read.
    """  # noqa: D301 - \b keeps the lines below as they are
    with exit_on_error():
        require_unicode(*paths, name or "")
        snapshot = observation.observe_all(kubeconfig, context).snapshot
        select_nodes([node], snapshot)
        placement = placement_of(node, snapshot, boot_user)
        pool_config = placement.pool_config()
        files = {file["path"] for file in pool_config.manifest["files"]}
        targets = parse_targets(paths, files)
        found = next(each for each in snapshot.nodes if each.name == node)
        contents = Ssh.to(found, ssh_command, ssh_config, ssh_user).read(
            [target.name for target in targets if target.kind != "unit"],
            [target.name for target in targets if target.kind == "unit"],
            public=False,
        )
        parts = adopted_parts(node, targets, contents, pool_config)
        pool = placement.pool
        adopted = draft(name or f"99-{pool.name}-adopted-{node}", pool.name, parts)
        adopted.manifest["metadata"]["labels"] = placement.labels()
        review_draft(adopted, boot_user, Document(IN_CLUSTER, 0, pool.to_api(), {}))
        notes = [*placement.verify(adopted.manifest)]
        print_document(adopted.manifest, output or Output.YAML)
        hint = "`kubectl mc diff -f FILE` shows the changes; `kubectl apply -f FILE` makes them"
        print_lines([*notes, [hint]], stderr=True)
