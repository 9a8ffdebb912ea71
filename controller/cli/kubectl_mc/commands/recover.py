"""`kubectl mc recover`."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Final

import typer

from controller.api.machine_config_node import NodeState
from controller.api.names import NAMESPACE
from controller.cli.kubectl_mc.arguments import options
from controller.cli.kubectl_mc.arguments.selection import select_nodes
from controller.cli.kubectl_mc.cluster import observation, polling
from controller.cli.kubectl_mc.cluster.api_errors import explain_read_errors
from controller.cli.kubectl_mc.cluster.node_request import NodeRequest
from controller.cli.kubectl_mc.rollout import recovery_view
from controller.cli.kubectl_mc.rollout.recovery_plan import plan_recoveries
from controller.cli.kubectl_mc.terminal.confirm import confirm
from controller.cli.kubectl_mc.terminal.console import print_lines, terminal_width
from controller.cli.kubectl_mc.terminal.durations import format_duration
from controller.cli.kubectl_mc.terminal.errors import (
    EXIT_FAILED,
    CommandError,
    UnavailableError,
    exit_on_error,
)
from controller.cluster.api_server import ApiServer
from controller.planning.node import Node
from controller.planning.snapshot import Snapshot
from controller.planning.texts import summarize_names

_TIMEOUT: Final = 1800.0  # seconds


def recover(  # noqa: PLR0913 - each is an option
    named: options.Nodes,
    *,
    yes: options.Yes = False,
    wait: Annotated[
        bool, typer.Option("--wait", help="Wait until the nodes are Done or Degraded.")
    ] = False,
    timeout: Annotated[float, options.timeout("30m")] = _TIMEOUT,
    boot_user: options.BootUser = options.BOOT_USER,
    kubeconfig: options.Kubeconfig = None,
    context: options.Context = None,
) -> None:
    """Apply the config of nodes again.

    Changes that were made there are overwritten. The effects are shown first, and have to be
    confirmed. The controller recovers a node as in any update: under the policy, and in a slot of
    the pool.

    \b
      kubectl mc recover w-2
      kubectl mc recover w-2 w-3 --yes --wait

    Exit code 0: requested; with --wait, all are Done. 1: no such node, declined, or one is
    Degraded. 2: the cluster cannot be read, or not finished in time.
    """  # noqa: D301 - \b keeps the lines below as they are
    with exit_on_error():
        observed, now = observation.observe_all(kubeconfig, context), datetime.now(UTC)
        nodes = select_nodes(named, observed.snapshot)
        recoveries = plan_recoveries(observed.snapshot, nodes, boot_user, now)
        for recovery in recoveries:
            print_lines(recovery_view.recovery_lines(recovery))
        print_lines(observed.leadership.warning(now), stderr=True)
        confirm(recovery_view.confirmation(recoveries), skip=yes)
        request = NodeRequest("recover")
        with explain_read_errors(nodes=True):
            server = ApiServer.for_user(kubeconfig, context)
        request.send(server, nodes)
        if wait:
            read = partial(observation.observe_nodes, kubeconfig, context)
            _wait(nodes, request, read, timeout)
        else:
            print_lines(recovery_view.requested_lines(recoveries))


def _wait(
    nodes: Sequence[str], request: NodeRequest, read: Callable[[], Snapshot], timeout: float
) -> None:
    """Print the nodes' progress until all have finished."""
    printed: set[str] = set()
    last: Mapping[str, Node] = {}
    for reading in polling.poll_for(timeout, read):
        if isinstance(reading, UnavailableError):
            _print_once([str(reading)], printed)
            continue
        last = {node.name: node for node in reading.nodes if node.name in nodes}
        if gone := [name for name in nodes if name not in last]:
            reason = f"node {summarize_names(gone)} no longer exists"
            raise CommandError(reason, "see `kubectl mc status`")
        handled = (node for node in last.values() if request.is_handled(node))
        _print_once(map(recovery_view.progress, handled), printed)
        if all(_has_finished(node, request) for node in last.values()):
            finished = [last[name] for name in nodes]
            print_lines(recovery_view.outcome_table(finished, terminal_width()))
            if any(node.status.state is not NodeState.DONE for node in finished):
                raise typer.Exit(EXIT_FAILED)
            return
    raise _timeout_error(nodes, last, request, timeout)


def _print_once(lines: Iterable[str], printed: set[str]) -> None:
    for line in lines:
        if line not in printed:
            printed.add(line)
            print_lines([[line]], stderr=True)


def _has_finished(node: Node, request: NodeRequest) -> bool:
    return request.is_handled(node) and node.status.state is not NodeState.WORKING


def _timeout_error(
    nodes: Sequence[str], last: Mapping[str, Node], request: NodeRequest, timeout: float
) -> UnavailableError:
    within = f"within {format_duration(timeout)}"
    waiting = [name for name in nodes if name not in last or not request.is_handled(last[name])]
    if waiting:
        reason = f"no controller has answered for {summarize_names(waiting)} {within}"
        remedy = (
            f"see whether it waits for its turn: kubectl mc plan {waiting[0]};"
            f" or whether a controller leads: kubectl get lease -n {NAMESPACE}"
        )
        return UnavailableError(reason, remedy)
    late = [name for name in nodes if not _has_finished(last[name], request)]
    reason = f"{summarize_names(late)} did not finish {within}; the update continues"
    return UnavailableError(reason, f"follow it: kubectl mc status {' '.join(late)} --watch")
