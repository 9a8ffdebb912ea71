"""`kubectl mc check`: what is said of each node once the controller has answered."""

from typing import Any

import pytest

from controller.api import names
from controller.api.machine_config_node import Drift, MachineConfigNodeStatus, Requests
from controller.api.meta import Condition, ConditionStatus
from controller.cli.kubectl_mc.cluster.node_request import Question
from controller.cli.kubectl_mc.status import check_result, check_result_view
from controller.cli.kubectl_mc.status.check_result import Finding, Found
from controller.cli.kubectl_mc.status.overview import Member
from controller.cli.kubectl_mc.terminal.durations import in_words, seconds
from controller.planning import node_status
from controller.planning.node import Node
from tests.unit.cli.kubectl_mc.conftest import Run
from tests.unit.cli.kubectl_mc.status.test_status import texts
from tests.unit.planning.build import NOW, OLD, UNKNOWN, done, drifted, failed, node, working

LAST = "ssh: connect to host 192.0.2.1 port 22: timed out; last in sync at 12:00:00"


def told(status: MachineConfigNodeStatus, answer: str, reason: str, message: str = "") -> Any:  # noqa: ANN401 - a status
    """Return the status with what the controller says of drift."""
    condition = Condition(
        type=names.DRIFTED, status=ConditionStatus(answer), reason=reason, message=message
    )
    return status.model_copy(update={"conditions": (condition,)})


RIGHT = node("w-1", told(done(), "False", "AsConfigured"))
DRIFTED = node("w-2", told(drifted(), "True", "Drift"))
SILENT = node("w-3", told(done(), "Unknown", "Unreachable", LAST))


def found(seen: Node, pool: str = "worker") -> Finding:
    member = Member(seen, pool)
    return check_result.beforehand(member) or check_result.answered(member)


def test_each_node_is_told_with_what_was_found_on_it() -> None:
    twice = [Drift(path="/etc/motd", kind="content"), Drift(path="a.service", kind="enablement")]
    other = node("w-4", told(node_status.on_checked(done(), twice, NOW), "True", "Drift"))
    nodes = (RIGHT, DRIFTED, SILENT, other, node("w-5", working()), node("w-6", failed()))

    lines = texts(check_result_view.lines(map(found, nodes)))

    assert [each.split(maxsplit=2) for each in lines] == [
        ["NODE", "POOL", "FOUND           WHAT"],
        ["w-1", "worker", f"as configured   {OLD}"],
        ["w-2", "worker", "drift           /etc/motd (content)"],
        ["w-3", "worker", f"not reached     {LAST}"],
        ["w-4", "worker", "drift           /etc/motd (content)"],
        ["w-4", "worker", "drift           a.service (enablement)"],
        ["w-5", "worker", "in an update    in phase Drain"],
        ["w-6", "worker", "update failed   Verify failed: no route (fix it)"],
    ]


def test_only_nodes_that_are_proven_right_are_all_well() -> None:
    assert check_result.all_well([found(RIGHT)])
    for other in (DRIFTED, SILENT, node("w", working()), node("w", failed()), node("w", done())):
        assert not check_result.all_well([found(RIGHT), found(other)]), other


def test_a_condition_from_before_an_update_says_nothing_of_a_node_that_is_in_one() -> None:
    assert found(node("w", told(working(), "False", "AsConfigured"))).found is Found.IN_UPDATE
    assert found(node("w", told(UNKNOWN, "False", "AsConfigured"))).found is Found.IN_UPDATE


def test_what_the_controller_does_not_say_is_not_taken_for_right() -> None:
    assert found(node("w", done())).found is Found.UNKNOWN
    assert found(node("w", told(done(), "Unknown", "Odd", "why"))).found is Found.UNKNOWN


@pytest.mark.parametrize(
    ("seen", "pool", "expected"),
    [
        pytest.param(node("w", held=True), "worker", Found.HELD, id="held"),
        pytest.param(node("w", UNKNOWN, runs_linux=False), "", Found.UNMANAGED, id="windows"),
        pytest.param(node("w", UNKNOWN), "", Found.UNMANAGED, id="in no pool"),
    ],
)
def test_nodes_that_the_controller_leaves_alone_are_not_asked_for(
    seen: Node, pool: str, expected: Found
) -> None:
    unasked = check_result.beforehand(Member(seen, pool))

    assert unasked is not None
    assert unasked.found is expected


def test_programs_read_the_same() -> None:
    first, second = check_result_view.document([found(DRIFTED), found(SILENT)])["nodes"]

    assert first == {
        "node": "w-2",
        "pool": "worker",
        "found": "Drift",
        "config": OLD,
        "drift": [{"path": "/etc/motd", "kind": "content"}],
        "message": "",
    }
    assert (second["found"], second["message"], second["drift"]) == ("Unreachable", LAST, [])


def test_nothing_that_a_node_says_is_obeyed_by_a_terminal() -> None:
    drift = [Drift(path="/etc/\x1b[2J\nmotd", kind="content\x07")]
    evil = node("w", told(node_status.on_checked(done(), drift, NOW), "True", "Drift"))

    [_, line] = texts(check_result_view.lines([found(evil)]))

    assert line.endswith(r"/etc/\x1b[2J\nmotd (content\x07)")


def asked(word: str, answered: str) -> Node:
    status = done().model_copy(update={"last_handled_requests": Requests(check=answered)})
    return node("w", status, requests=Requests(check=word))


def test_an_answer_is_one_to_this_question_or_to_one_that_was_asked_since() -> None:
    question = Question("check", "mine")

    assert question.answered_for(asked("mine", "mine"))
    assert question.answered_for(asked("later", "later"))
    assert question.answered_for(asked("later", "mine"))
    assert not question.answered_for(asked("mine", "before"))
    assert not question.answered_for(asked("later", "before"))
    assert not question.answered_for(asked("", ""))
    assert not question.answered_for(asked("mine", ""))
    assert not Question("recover", "mine").answered_for(asked("mine", "mine"))


def test_no_two_questions_are_the_same() -> None:
    assert Question("check").word != Question("check").word
    assert len(Question("check").word) <= 63


def test_where_nobody_answers_it_says_how_to_check_by_hand() -> None:
    silent = [Finding(Member(node(name), "worker"), Found.NO_ANSWER) for name in ("w-1", "w-2")]

    reason, remedy = texts(check_result_view.unanswered(silent, 120.0, "").lines)

    assert reason == "error: no controller has answered for w-1, w-2 within 2m"
    assert remedy == (
        "  does one run? kubectl get lease -n machine-config; by hand:"
        f" kubectl get mc {OLD} -o yaml > config.yaml &&"
        " ansible-playbook -i w-1,w-2, -u USER playbooks/check.yml"
        " -e machineconfig=$PWD/config.yaml"
    )


def test_a_node_that_was_never_configured_is_not_checked_by_hand_either() -> None:
    silent = [Finding(Member(node("w-1", UNKNOWN), "worker"), Found.NO_ANSWER)]

    reason, remedy = texts(check_result_view.unanswered(silent, 5400.0, "no route").lines)

    assert reason == "error: no controller has answered for w-1 within 1h30m: no route"
    assert remedy == "  does one run? kubectl get lease -n machine-config"


@pytest.mark.parametrize(
    ("text", "span"), [("120", 120), ("90s", 90), ("2m", 120), ("1h30m", 5400), ("0", 0)]
)
def test_durations_are_written_as_kubectl_takes_them(text: str, span: float) -> None:
    assert seconds(text) == span
    assert seconds(in_words(seconds(text))) == span


@pytest.mark.parametrize("text", ["", "-1", "2 m", "m", "1d", "٣", "1e3"])
def test_what_is_no_duration_is_refused(mc: Run, text: str) -> None:
    ended = mc("check", "w-1", "--timeout", text)

    assert ended.code == 2
    assert "is no duration; write 90s, 2m or 1h30m" in ended.stderr


@pytest.mark.parametrize("command", ["check", "recover", "pause", "resume"])
def test_without_a_cluster_they_say_so(mc: Run, command: str) -> None:
    ended = mc(command, "worker")

    assert (ended.code, ended.stdout) == (2, "")
    assert ended.stderr.startswith("error: the cluster could not be asked: there is no kubeconfig")
    assert "-f works without it" not in ended.stderr
