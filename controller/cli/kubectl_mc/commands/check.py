"""`kubectl mc check`."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Final

import typer

from controller.cli.kubectl_mc.arguments import options
from controller.cli.kubectl_mc.arguments.selection import Selection
from controller.cli.kubectl_mc.cluster import observation, polling
from controller.cli.kubectl_mc.cluster.api_errors import explain_read_errors
from controller.cli.kubectl_mc.cluster.node_request import NodeRequest
from controller.cli.kubectl_mc.status.check_result import (
    CheckOutcome,
    CheckResult,
    all_as_configured,
    reported_result,
    result_without_check,
)
from controller.cli.kubectl_mc.status.check_result_view import (
    check_result_document,
    check_result_lines,
    no_answer_error,
)
from controller.cli.kubectl_mc.status.overview import Member, members
from controller.cli.kubectl_mc.terminal.console import print_lines
from controller.cli.kubectl_mc.terminal.documents import print_document
from controller.cli.kubectl_mc.terminal.errors import EXIT_FAILED, UnavailableError, exit_on_error
from controller.cluster.api_server import ApiServer
from controller.planning.snapshot import Snapshot

_TIMEOUT: Final = 120.0  # seconds


def check(  # noqa: PLR0913 - each is an option
    named: options.PoolsAndNodes = None,
    *,
    no_wait: Annotated[
        bool, typer.Option("--no-wait", help="Request the check, and do not wait for its result.")
    ] = False,
    timeout: Annotated[float, options.timeout("2m")] = _TIMEOUT,
    output: options.OutputFormat = None,
    kubeconfig: options.Kubeconfig = None,
    context: options.Context = None,
) -> None:
    """Check nodes for drift now.

    The controller compares each node with its config, and changes nothing on it. A pool stands for
    its nodes. Default: all nodes of all pools.

    \b
      kubectl mc check w-2
      kubectl mc check worker --timeout 5m

    Exit code 0: all as configured. 1: a node has drifted or could not be checked. 2: the cluster
    cannot be read, or no answer in time.
    """  # noqa: D301 - \b keeps the lines below as they are
    read = partial(observation.observe_nodes, kubeconfig, context)
    with exit_on_error():
        snapshot = read()
        selected = _selected(snapshot, Selection.of(named or (), snapshot))
        request = NodeRequest("check")
        checked = [member for member in selected if result_without_check(member) is None]
        with explain_read_errors(nodes=True):
            server = ApiServer.for_user(kubeconfig, context)
            leadership = observation.observe_leadership(server)
        print_lines(leadership.warning(datetime.now(UTC)), stderr=True)
        request.send(server, [member.node.name for member in checked])
        last_error = ""
        if no_wait:
            results = [
                result_without_check(member) or CheckResult(member, CheckOutcome.REQUESTED)
                for member in selected
            ]
        else:
            results, last_error = _wait(selected, request, read, timeout)
        if output:
            print_document(check_result_document(results), output)
        else:
            print_lines(check_result_lines(results))
        if silent := [each for each in results if each.outcome is CheckOutcome.NO_ANSWER]:
            raise no_answer_error(silent, timeout, last_error)
        if not no_wait and not all_as_configured(results):
            raise typer.Exit(EXIT_FAILED)


def _selected(snapshot: Snapshot, selection: Selection) -> list[Member]:
    """Return the nodes that are named, or whose pool is; by default those of all pools."""
    all_members = members(snapshot)
    if selection.selects_all():
        return [member for member in all_members if member.pool]
    return [
        member for member in all_members if selection.includes_node(member.node.name, member.pool)
    ]


def _wait(
    selected: Sequence[Member],
    request: NodeRequest,
    read: Callable[[], Snapshot],
    timeout: float,
) -> tuple[list[CheckResult], str]:
    """Return the results, and the error of the last reading, if it failed."""
    results: list[CheckResult] = []
    last_error = ""
    for reading in polling.poll_for(timeout, read):
        if isinstance(reading, UnavailableError):
            last_error = str(reading)
            continue
        last_error = ""
        now = {member.node.name: member for member in members(reading)}
        results = [_result(each, now.get(each.node.name), request) for each in selected]
        if all(result.outcome is not CheckOutcome.NO_ANSWER for result in results):
            break
    return results or [CheckResult(each, CheckOutcome.NO_ANSWER) for each in selected], last_error


def _result(before: Member, now: Member | None, request: NodeRequest) -> CheckResult:
    if now is None:
        return CheckResult(before, CheckOutcome.GONE, "the node no longer exists")
    if result := result_without_check(now):
        return result
    if not request.is_handled(now.node):
        return CheckResult(now, CheckOutcome.NO_ANSWER)
    return reported_result(now)
