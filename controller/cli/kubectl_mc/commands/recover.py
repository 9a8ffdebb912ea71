"""`kubectl mc recover`."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Annotated

import typer

from controller.api.machine_config_node import NodeState
from controller.api.names import NAMESPACE
from controller.cli.kubectl_mc.arguments import options
from controller.cli.kubectl_mc.arguments.selection import nodes_named
from controller.cli.kubectl_mc.cluster import observer, polling
from controller.cli.kubectl_mc.cluster.api_errors import asking
from controller.cli.kubectl_mc.cluster.node_request import Question
from controller.cli.kubectl_mc.rollout import recovery_view
from controller.cli.kubectl_mc.rollout.recovery_plan import recoveries
from controller.cli.kubectl_mc.terminal.confirm import consent
from controller.cli.kubectl_mc.terminal.console import show, terminal_width
from controller.cli.kubectl_mc.terminal.durations import in_words
from controller.cli.kubectl_mc.terminal.errors import WRONG, CommandError, UnseenError, ending
from controller.cluster.api_server import ApiServer
from controller.planning.node import Node
from controller.planning.snapshot import Snapshot
from controller.planning.summary import summarize_names

_PATIENCE = 1800.0  # seconds


def recover(  # noqa: PLR0913 - each is an option
    named: options.Nodes,
    *,
    yes: options.Yes = False,
    wait: Annotated[
        bool, typer.Option("--wait", help="Wait until the nodes are Done or Degraded.")
    ] = False,
    timeout: Annotated[float, options.timeout("30m")] = _PATIENCE,
    boot_user: options.BootUser = options.BOOT_USER,
    kubeconfig: options.Kubeconfig = None,
    context: options.Context = None,
) -> None:
    """Have nodes brought to their config again.

    Whatever was changed there. It says first what that does to each node, and asks. The controller
    does it as any update: under the policy, and in a slot of the pool.

    \b
      kubectl mc recover w-2
      kubectl mc recover w-2 w-3 --yes --wait

    Exit code 0: asked; with --wait, all are Done. 1: there is no such node, you did not want it, or
    one is Degraded. 2: it could not ask, or the time is over.
    """  # noqa: D301 - it keeps the lines below it as they are
    with ending():
        seen, now = observer.planner_view(kubeconfig, context), datetime.now(UTC)
        nodes = nodes_named(named, seen.snapshot)
        found = recoveries(seen.snapshot, nodes, boot_user, now)
        for each in found:
            show(recovery_view.lines(each))
        show(seen.leadership.warning(now), stderr=True)
        consent(recovery_view.question(found), given=yes)
        question = Question("recover")
        with asking(nodes=True):
            server = ApiServer.for_user(kubeconfig, context)
        question.ask(server, nodes)
        if wait:
            look = partial(observer.pools_and_nodes, kubeconfig, context)
            _wait(nodes, question, look, timeout)
        else:
            show(recovery_view.asked(found))


def _wait(
    nodes: Sequence[str], question: Question, look: Callable[[], Snapshot], timeout: float
) -> None:
    """Tell how far they come, to the end."""
    said: set[str] = set()
    last: Mapping[str, Node] = {}
    for seen in polling.looks_within(timeout, look):
        if isinstance(seen, UnseenError):
            _say([str(seen)], said)
            continue
        last = {node.name: node for node in seen.nodes if node.name in nodes}
        if gone := [name for name in nodes if name not in last]:
            raise CommandError(
                f"node {summarize_names(gone)} is gone", "`kubectl mc status` lists what is there"
            )
        _say((recovery_view.progress(each) for each in _answered(last, question)), said)
        if all(_has_ended(each, question) for each in last.values()):
            ended = (last[name] for name in nodes)
            show(recovery_view.outcome(ended, terminal_width()))
            if any(each.status.state is not NodeState.DONE for each in last.values()):
                raise typer.Exit(WRONG)
            return
    raise _late(nodes, last, question, timeout)


def _say(lines: Iterable[str], said: set[str]) -> None:
    for each in lines:
        if each not in said:
            said.add(each)
            show([[each]], stderr=True)


def _answered(nodes: Mapping[str, Node], question: Question) -> Iterator[Node]:
    return (each for each in nodes.values() if question.answered_for(each))


def _has_ended(node: Node, question: Question) -> bool:
    return question.answered_for(node) and node.status.state is not NodeState.WORKING


def _late(
    nodes: Sequence[str], last: Mapping[str, Node], question: Question, timeout: float
) -> UnseenError:
    waiting = [name for name in nodes if name not in last or not question.answered_for(last[name])]
    if waiting:
        reason = (
            f"no controller has answered for {summarize_names(waiting)} within {in_words(timeout)}"
        )
        remedy = (
            f"is its turn yet to come? kubectl mc plan {waiting[0]};"
            f" does a controller run? kubectl get lease -n {NAMESPACE}"
        )
        return UnseenError(reason, remedy)
    late = [name for name in nodes if not _has_ended(last[name], question)]
    names, within = summarize_names(late), in_words(timeout)
    reason = f"{names} did not come to an end within {within}; the update goes on"
    return UnseenError(reason, f"see how far it is: kubectl mc status {' '.join(late)} --watch")
