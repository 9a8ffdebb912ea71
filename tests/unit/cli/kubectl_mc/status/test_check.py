"""`kubectl mc check` shows the result of the drift check for each node."""

from typing import Any

import pytest

from controller.api import names
from controller.api.machine_config_node import Drift, MachineConfigNodeStatus, Requests
from controller.api.meta import Condition, ConditionStatus
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
from controller.cli.kubectl_mc.status.overview import Member
from controller.cli.kubectl_mc.terminal.durations import format_duration, parse_duration
from controller.planning import node_status
from controller.planning.node import Node
from tests.unit.cli.kubectl_mc.conftest import Run
from tests.unit.cli.kubectl_mc.lines import texts
from tests.unit.planning.build import NOW, OLD, UNKNOWN, done, drifted, failed, node, working

LAST = "ssh: connect to host 192.0.2.1 port 22: timed out; last in sync at 12:00:00"


def with_drift_condition(
    status: MachineConfigNodeStatus, value: str, reason: str, message: str = ""
) -> Any:  # noqa: ANN401 - a status
    """Return the status with a condition that reports drift."""
    condition = Condition(
        type=names.DRIFTED, status=ConditionStatus(value), reason=reason, message=message
    )
    return status.model_copy(update={"conditions": (condition,)})


MATCHING = node("w-1", with_drift_condition(done(), "False", "AsConfigured"))
DRIFTED = node("w-2", with_drift_condition(drifted(), "True", "Drift"))
UNREACHABLE = node("w-3", with_drift_condition(done(), "Unknown", "Unreachable", LAST))


def result_of(checked: Node, pool: str = "worker") -> CheckResult:
    member = Member(checked, pool)
    return result_without_check(member) or reported_result(member)


def test_each_node_is_listed_with_its_findings() -> None:
    twice = [Drift(path="/etc/motd", kind="content"), Drift(path="a.service", kind="enablement")]
    other = node(
        "w-4", with_drift_condition(node_status.on_checked(done(), twice, NOW), "True", "Drift")
    )
    nodes = (MATCHING, DRIFTED, UNREACHABLE, other, node("w-5", working()), node("w-6", failed()))

    lines = texts(check_result_lines(map(result_of, nodes)))

    assert [each.split(maxsplit=2) for each in lines] == [
        ["NODE", "POOL", "RESULT          DETAILS"],
        ["w-1", "worker", f"as configured   {OLD}"],
        ["w-2", "worker", "drift           /etc/motd (content)"],
        ["w-3", "worker", f"unreachable     {LAST}"],
        ["w-4", "worker", "drift           /etc/motd (content)"],
        ["w-4", "worker", "drift           a.service (enablement)"],
        ["w-5", "worker", "in an update    in phase Drain"],
        ["w-6", "worker", "update failed   Verify failed: no route (fix it)"],
    ]


def test_only_nodes_that_are_known_to_match_count_as_configured() -> None:
    assert all_as_configured([result_of(MATCHING)])
    for other in (
        DRIFTED,
        UNREACHABLE,
        node("w", working()),
        node("w", failed()),
        node("w", done()),
    ):
        assert not all_as_configured([result_of(MATCHING), result_of(other)]), other


def test_a_condition_from_before_an_update_does_not_count_during_it() -> None:
    assert (
        result_of(node("w", with_drift_condition(working(), "False", "AsConfigured"))).outcome
        is CheckOutcome.IN_UPDATE
    )
    assert (
        result_of(node("w", with_drift_condition(UNKNOWN, "False", "AsConfigured"))).outcome
        is CheckOutcome.IN_UPDATE
    )


def test_a_missing_or_unknown_condition_does_not_count_as_configured() -> None:
    assert result_of(node("w", done())).outcome is CheckOutcome.UNKNOWN
    assert (
        result_of(node("w", with_drift_condition(done(), "Unknown", "Odd", "why"))).outcome
        is CheckOutcome.UNKNOWN
    )


@pytest.mark.parametrize(
    ("checked", "pool", "expected"),
    [
        pytest.param(node("w", held=True), "worker", CheckOutcome.HELD, id="held"),
        pytest.param(
            node("w", UNKNOWN, runs_linux=False), "", CheckOutcome.UNMANAGED, id="windows"
        ),
        pytest.param(node("w", UNKNOWN), "", CheckOutcome.UNMANAGED, id="in no pool"),
    ],
)
def test_no_check_is_requested_for_nodes_that_the_controller_does_not_check(
    checked: Node, pool: str, expected: CheckOutcome
) -> None:
    result = result_without_check(Member(checked, pool))

    assert result is not None
    assert result.outcome is expected


def test_the_document_has_the_same() -> None:
    first, second = check_result_document([result_of(DRIFTED), result_of(UNREACHABLE)])["nodes"]

    assert first == {
        "node": "w-2",
        "pool": "worker",
        "found": "Drift",
        "config": OLD,
        "drift": [{"path": "/etc/motd", "kind": "content"}],
        "message": "",
    }
    assert (second["found"], second["message"], second["drift"]) == ("Unreachable", LAST, [])


def test_control_characters_from_a_node_are_escaped() -> None:
    drift = [Drift(path="/etc/\x1b[2J\nmotd", kind="content\x07")]
    evil = node(
        "w", with_drift_condition(node_status.on_checked(done(), drift, NOW), "True", "Drift")
    )

    [_, line] = texts(check_result_lines([result_of(evil)]))

    assert line.endswith(r"/etc/\x1b[2J\nmotd (content\x07)")


def requested(nonce: str, handled: str) -> Node:
    status = done().model_copy(update={"answered": Requests(check=handled)})
    return node("w", status, requests=Requests(check=nonce))


def test_a_request_is_handled_with_its_nonce_or_with_that_of_a_later_one() -> None:
    request = NodeRequest("check", "mine")

    assert request.is_handled(requested("mine", "mine"))
    assert request.is_handled(requested("later", "later"))
    assert request.is_handled(requested("later", "mine"))
    assert not request.is_handled(requested("mine", "before"))
    assert not request.is_handled(requested("later", "before"))
    assert not request.is_handled(requested("", ""))
    assert not request.is_handled(requested("mine", ""))
    assert not NodeRequest("recover", "mine").is_handled(requested("mine", "mine"))


def test_each_request_has_another_nonce() -> None:
    assert NodeRequest("check").nonce != NodeRequest("check").nonce
    assert len(NodeRequest("check").nonce) <= 63


def test_without_an_answer_the_remedy_is_the_command_to_check_by_hand() -> None:
    silent = [
        CheckResult(Member(node(name), "worker"), CheckOutcome.NO_ANSWER) for name in ("w-1", "w-2")
    ]

    reason, remedy = texts(no_answer_error(silent, 120.0, "").lines)

    assert reason == "error: no controller has answered for w-1, w-2 within 2m"
    assert remedy == (
        "  see whether a controller leads: kubectl get lease -n machine-config; to check by hand:"
        f" kubectl get mc {OLD} -o yaml > config.yaml &&"
        " ansible-playbook -i w-1,w-2, -u USER playbooks/check.yml"
        " -e machineconfig=$PWD/config.yaml"
    )


def test_for_a_node_without_a_config_no_manual_check_is_offered() -> None:
    silent = [CheckResult(Member(node("w-1", UNKNOWN), "worker"), CheckOutcome.NO_ANSWER)]

    reason, remedy = texts(no_answer_error(silent, 5400.0, "no route").lines)

    assert reason == "error: no controller has answered for w-1 within 1h30m: no route"
    assert remedy == "  see whether a controller leads: kubectl get lease -n machine-config"


@pytest.mark.parametrize(
    ("text", "seconds"), [("120", 120), ("90s", 90), ("2m", 120), ("1h30m", 5400), ("0", 0)]
)
def test_durations_are_parsed_and_printed(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds
    assert parse_duration(format_duration(parse_duration(text))) == seconds


@pytest.mark.parametrize("text", ["", "-1", "2 m", "m", "1d", "٣", "1e3"])
def test_an_invalid_duration_is_refused(mc: Run, text: str) -> None:
    result = mc("check", "w-1", "--timeout", text)

    assert result.code == 2
    assert "is not a duration; write 90s, 2m or 1h30m" in result.stderr


@pytest.mark.parametrize("command", ["check", "recover", "pause", "resume"])
def test_without_a_cluster_the_error_tells_so(mc: Run, command: str) -> None:
    result = mc(command, "worker")

    assert (result.code, result.stdout) == (2, "")
    assert result.stderr.startswith("error: the cluster cannot be read: there is no kubeconfig")
    assert "with -f no cluster is needed" not in result.stderr
