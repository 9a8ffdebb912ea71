"""The results of drift checks as text and JSON; pure."""

import shlex
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from controller.api.json_object import Json
from controller.api.names import NAMESPACE
from controller.cli.kubectl_mc.status.check_result import CheckOutcome, CheckResult
from controller.cli.kubectl_mc.terminal.console import Line
from controller.cli.kubectl_mc.terminal.durations import format_duration
from controller.cli.kubectl_mc.terminal.errors import UnavailableError
from controller.cli.kubectl_mc.terminal.tables import table
from controller.planning.texts import summarize_names

_PHRASES: Final = {
    CheckOutcome.AS_CONFIGURED: "as configured",
    CheckOutcome.DRIFT: "drift",
    CheckOutcome.UNREACHABLE: "unreachable",
    CheckOutcome.UNKNOWN: "unknown",
    CheckOutcome.IN_UPDATE: "in an update",
    CheckOutcome.FAILED: "update failed",
    CheckOutcome.HELD: "held",
    CheckOutcome.UNMANAGED: "not managed",
    CheckOutcome.REQUESTED: "requested",
    CheckOutcome.NO_ANSWER: "no answer",
    CheckOutcome.GONE: "gone",
}


def check_result_lines(results: Iterable[CheckResult]) -> list[Line]:
    """Return a table, with a row for each finding."""
    rows = [row for result in results for row in _rows(result)]
    return table(("NODE", "POOL", "RESULT", "DETAILS"), rows)


def _rows(result: CheckResult) -> Iterator[tuple[str, ...]]:
    head = (result.member.node.name, result.member.pool or "-", _PHRASES[result.outcome])
    drift = result.member.node.status.drift if result.outcome is CheckOutcome.DRIFT else ()
    yield from ((*head, f"{finding.path} ({finding.kind})") for finding in drift)
    if not drift:
        yield (*head, result.message)


def check_result_document(results: Iterable[CheckResult]) -> Json:
    """Return JSON."""
    return {"nodes": [_node(result) for result in results]}


def _node(result: CheckResult) -> Json:
    status = result.member.node.status
    drift = status.drift if result.outcome is CheckOutcome.DRIFT else ()
    return {
        "node": result.member.node.name,
        "pool": result.member.pool or None,
        "found": result.outcome.value,
        "config": status.current_config,
        "drift": [finding.to_api() for finding in drift],
        "message": result.message,
    }


def no_answer_error(
    results: Sequence[CheckResult], timeout: float, last_error: str
) -> UnavailableError:
    """Return the error that these nodes have no answer; it names the command to check by hand."""
    first = results[0].member.node.status.current_config
    nodes = [
        result.member.node.name
        for result in results
        if result.member.node.status.current_config == first
    ]
    names = summarize_names([result.member.node.name for result in results])
    reason = f"no controller has answered for {names} within {format_duration(timeout)}"
    lease = f"see whether a controller leads: kubectl get lease -n {NAMESPACE}"
    return UnavailableError(
        f"{reason}: {last_error}" if last_error else reason,
        f"{lease}; to check by hand: {_manual_check(nodes, first)}" if first else lease,
    )


def _manual_check(nodes: Sequence[str], config: str) -> str:
    """Return the command to run in a clone, as docs/break-glass.md explains."""
    hosts = shlex.quote(f"{','.join(nodes)},")
    return (
        f"kubectl get mc {shlex.quote(config)} -o yaml > config.yaml && "
        f"ansible-playbook -i {hosts} -u USER playbooks/check.yml"
        " -e machineconfig=$PWD/config.yaml"
    )
