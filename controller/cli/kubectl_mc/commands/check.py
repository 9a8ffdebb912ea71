"""`kubectl mc check`."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Annotated

import typer

from controller.cli.kubectl_mc.arguments import options
from controller.cli.kubectl_mc.arguments.selection import Chosen
from controller.cli.kubectl_mc.cluster import observer, polling
from controller.cli.kubectl_mc.cluster.api_errors import asking
from controller.cli.kubectl_mc.cluster.node_request import Question
from controller.cli.kubectl_mc.status import check_result, check_result_view
from controller.cli.kubectl_mc.status.check_result import Finding, Found
from controller.cli.kubectl_mc.status.overview import Member, members
from controller.cli.kubectl_mc.terminal import console
from controller.cli.kubectl_mc.terminal.errors import WRONG, UnseenError, ending
from controller.cluster.api_server import ApiServer
from controller.planning.snapshot import Snapshot

_PATIENCE = 120.0  # seconds


def check(  # noqa: PLR0913 - each is an option
    named: options.PoolsAndNodes = None,
    *,
    no_wait: Annotated[
        bool, typer.Option("--no-wait", help="Ask, and do not wait for what is found.")
    ] = False,
    timeout: Annotated[float, options.timeout("2m")] = _PATIENCE,
    output: options.Form = None,
    kubeconfig: options.Kubeconfig = None,
    context: options.Context = None,
) -> None:
    """Have nodes checked now for drift.

    The controller looks whether they are as their config says, and changes nothing on them. A pool
    stands for its nodes; without any name every node of every pool is meant.

    \b
      kubectl mc check w-2
      kubectl mc check worker --timeout 5m

    Exit code 0: all are as configured. 1: something differs, or is not known. 2: it could not ask,
    or nobody answered.
    """  # noqa: D301 - it keeps the lines below it as they are
    look = partial(observer.pools_and_nodes, kubeconfig, context)
    with ending():
        seen = look()
        meant = _meant(seen, Chosen.of(named or (), seen))
        question = Question("check")
        asked = [each for each in meant if check_result.beforehand(each) is None]
        with asking(nodes=True):
            server = ApiServer.for_user(kubeconfig, context)
            leadership = observer.leadership(server)
        console.show(leadership.warning(datetime.now(UTC)), stderr=True)
        question.ask(server, [each.node.name for each in asked])
        trouble = ""
        if no_wait:
            found = [check_result.beforehand(each) or Finding(each, Found.ASKED) for each in meant]
        else:
            found, trouble = _wait(meant, question, look, timeout)
        if output:
            console.dump(check_result_view.document(found), output)
        else:
            console.show(check_result_view.lines(found))
        if silent := [each for each in found if each.found is Found.NO_ANSWER]:
            raise check_result_view.unanswered(silent, timeout, trouble)
        if not no_wait and not check_result.all_well(found):
            raise typer.Exit(WRONG)


def _meant(seen: Snapshot, chosen: Chosen) -> list[Member]:
    """The nodes that are named, also by their pool; without a name, those of all pools."""
    everybody = members(seen)
    if chosen.everything():
        return [each for each in everybody if each.pool]
    return [each for each in everybody if chosen.has_node(each.node.name, each.pool)]


def _wait(
    meant: Sequence[Member], question: Question, look: Callable[[], Snapshot], timeout: float
) -> tuple[list[Finding], str]:
    """What was found, and what kept us from seeing it in the end."""
    found: list[Finding] = []
    trouble = ""
    for seen in polling.looks_within(timeout, look):
        if isinstance(seen, UnseenError):
            trouble = str(seen)
            continue
        trouble = ""
        now = {each.node.name: each for each in members(seen)}
        found = [_finding(each, now.get(each.node.name), question) for each in meant]
        if all(each.found is not Found.NO_ANSWER for each in found):
            break
    return found or [Finding(each, Found.NO_ANSWER) for each in meant], trouble


def _finding(before: Member, now: Member | None, question: Question) -> Finding:
    if now is None:
        return Finding(before, Found.GONE, "there is no such node any more")
    if untouched := check_result.beforehand(now):
        return untouched
    if not question.answered_for(now.node):
        return Finding(now, Found.NO_ANSWER)
    return check_result.answered(now)
