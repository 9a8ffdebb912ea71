"""What checks have found, as people and programs are shown it; pure."""

import shlex
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from controller.api.json_object import Json
from controller.api.names import NAMESPACE
from controller.cli.kubectl_mc.status.check_result import Finding, Found
from controller.cli.kubectl_mc.terminal.console import Line, table
from controller.cli.kubectl_mc.terminal.durations import in_words
from controller.cli.kubectl_mc.terminal.errors import UnseenError
from controller.planning.summary import summarize_names

_WORDS: Final = {
    Found.AS_CONFIGURED: "as configured",
    Found.DRIFT: "drift",
    Found.UNREACHABLE: "not reached",
    Found.UNKNOWN: "not known",
    Found.IN_UPDATE: "in an update",
    Found.FAILED: "update failed",
    Found.HELD: "held",
    Found.UNMANAGED: "not managed",
    Found.ASKED: "asked",
    Found.NO_ANSWER: "no answer",
    Found.GONE: "gone",
}


def lines(findings: Iterable[Finding]) -> list[Line]:
    """A table, with a line for each thing that differs."""
    return table(
        ("NODE", "POOL", "FOUND", "WHAT"), [row for each in findings for row in _rows(each)]
    )


def _rows(of: Finding) -> Iterator[tuple[str, ...]]:
    head = (of.member.node.name, of.member.pool or "-", _WORDS[of.found])
    drift = of.member.node.status.drift if of.found is Found.DRIFT else ()
    yield from ((*head, f"{each.path} ({each.kind})") for each in drift)
    if not drift:
        yield (*head, of.message)


def document(findings: Iterable[Finding]) -> Json:
    """The same for programs."""
    return {"nodes": [_node(each) for each in findings]}


def _node(of: Finding) -> Json:
    status = of.member.node.status
    drift = status.drift if of.found is Found.DRIFT else ()
    return {
        "node": of.member.node.name,
        "pool": of.member.pool or None,
        "found": of.found.value,
        "config": status.current_config,
        "drift": [each.to_api() for each in drift],
        "message": of.message,
    }


def unanswered(findings: Sequence[Finding], timeout: float, trouble: str) -> UnseenError:
    """That nobody answered for these, and how to check them without the controller."""
    first = findings[0].member.node.status.current_config
    nodes = [
        each.member.node.name
        for each in findings
        if each.member.node.status.current_config == first
    ]
    names = summarize_names([each.member.node.name for each in findings])
    reason = f"no controller has answered for {names} within {in_words(timeout)}"
    running = f"does one run? kubectl get lease -n {NAMESPACE}"
    return UnseenError(
        f"{reason}: {trouble}" if trouble else reason,
        f"{running}; by hand: {_by_hand(nodes, first)}" if first else running,
    )


def _by_hand(nodes: Sequence[str], config: str) -> str:
    """What a person runs in a clone, as docs/break-glass.md explains."""
    hosts = shlex.quote(f"{','.join(nodes)},")
    return (
        f"kubectl get mc {shlex.quote(config)} -o yaml > config.yaml && "
        f"ansible-playbook -i {hosts} -u USER playbooks/check.yml"
        " -e machineconfig=$PWD/config.yaml"
    )
