"""How a run has ended for a node: Ansible's statistics alone prove success."""

import json
from dataclasses import replace
from typing import Any

import pytest

from controller.api.machine_config_node import Phase
from controller.execution.messages import (
    Answered,
    AnswerOverdue,
    DrainWaits,
    Failed,
    Message,
    PlaybookEnded,
    PodsLeft,
    TaskStarted,
    decode,
    encode,
)
from controller.execution.protocol import Result, Verified
from controller.execution.transcript import Transcript

VERIFIED = Answered("a", "verify", {"boot_id": "boot-2"})
FAILED = Failed("disk full", "make room", "a", "apply")
GONE = Failed("no route", node="a", role="reboot", unreachable=True)


def stats(**nodes: list[str]) -> PlaybookEnded:
    """Return the message that a playbook ends with: its nodes, and what became of them."""
    kinds = "processed", "failures", "dark"
    return PlaybookEnded(*(nodes.get(kind, []) for kind in kinds))


def result_of(*messages: Message, node: str = "a") -> Result:
    transcript = Transcript()
    for message in messages:
        transcript.add(message)
    return transcript.results([node])[node]


def test_a_node_that_was_processed_without_a_failure_has_succeeded() -> None:
    found = result_of(VERIFIED, stats(processed=["a"]))

    assert found.succeeded
    assert found.verified == Verified(boot_id="boot-2")


def test_the_last_answer_of_a_phase_counts() -> None:
    again = replace(VERIFIED, answer={"boot_id": "boot-3"})

    assert result_of(VERIFIED, again, stats(processed=["a"])).verified.boot_id == "boot-3"


def test_the_answer_of_another_node_is_not_taken_for_this_one_s() -> None:
    other = replace(VERIFIED, node="b")

    assert result_of(other, stats(processed=["a", "b"])).verified == Verified()


def test_a_check_that_succeeds_has_findings() -> None:
    answer = {"config": "rendered-worker-1", "differences": [{"path": "/a", "what": "mode"}]}
    found = result_of(Answered("a", "check", answer), stats(processed=["a"]))

    assert found.findings
    assert [(each.path, each.kind) for each in found.findings.drift] == [("/a", "mode")]


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"differences": [{}]},
        {"differences": "ab", "config": ""},
        {"differences": [{"path": "/" * 5000, "what": "content"}], "config": ""},
        {"differences": [{"path": "/a", "what": 7}], "config": ""},
    ],
)
def test_a_check_with_an_invalid_answer_has_no_findings(answer: dict[str, Any]) -> None:
    found = result_of(Answered("a", "check", answer), stats(processed=["a"]))

    assert (found.succeeded, found.findings) == (True, None)


def test_a_node_that_was_checked_is_reported_before_the_run_has_ended() -> None:
    transcript = Transcript()
    answer = Answered("a", "check", {"config": "rendered-worker-1", "differences": []})

    assert transcript.add(answer), "and the controller is woken for it"
    assert transcript.reported["a"].succeeded
    assert transcript.reported["a"].findings


def test_the_pods_that_a_drain_has_left_on_the_node_are_in_its_result() -> None:
    left = PodsLeft("a", "drain", ["shop/web: is terminating"])

    assert result_of(left, VERIFIED, stats(processed=["a"])).left == ("shop/web: is terminating",)


def test_a_failure_that_its_task_reports_as_transient_is_retried() -> None:
    away = replace(FAILED, role="verify", transient=True)

    assert result_of(away, stats(processed=["a"], failures=["a"])).transient


@pytest.mark.parametrize(
    "messages",
    [
        pytest.param([], id="no message at all"),
        pytest.param([VERIFIED], id="no statistics, though all went well until then"),
        pytest.param([VERIFIED, stats()], id="no host matched"),
        pytest.param([VERIFIED, stats(processed=["b"])], id="it was not among the hosts"),
        pytest.param([FAILED, stats(processed=["a"], failures=["a"])], id="it failed"),
        pytest.param([GONE, stats(processed=["a"], dark=["a"])], id="it did not answer"),
        pytest.param([VERIFIED, stats(processed=["a"], dark=["a"])], id="unreachable, no cause"),
        pytest.param([VERIFIED, stats(processed=["a"], failures=["a"])], id="failed, no cause"),
    ],
)
def test_everything_else_is_no_success_and_has_a_cause(messages: list[Message]) -> None:
    found = result_of(*messages)

    assert not found.succeeded
    assert found.cause


def test_a_rescued_failure_does_not_count() -> None:
    assert result_of(FAILED, VERIFIED, stats(processed=["a"])).succeeded


def test_a_failure_of_another_node_is_not_taken_for_this_one_s() -> None:
    other = replace(FAILED, node="b")

    assert result_of(other, stats(processed=["a", "b"], failures=["b"])).succeeded


def test_a_failure_has_its_phase_cause_and_remedy() -> None:
    found = result_of(FAILED, stats(processed=["a"], failures=["a"]))

    assert (found.phase, found.cause, found.remedy, found.unreachable) == (
        Phase.APPLY,
        "disk full",
        "make room",
        False,
    )


def test_the_first_of_several_failures_counts_since_the_others_come_from_the_rollback() -> None:
    later = replace(FAILED, cause="could not be put back")

    found = result_of(FAILED, later, stats(processed=["a"], failures=["a"]))

    assert found.cause == "disk full"


def test_a_node_that_is_lost_during_the_rollback_of_a_failure_has_failed() -> None:
    found = result_of(FAILED, GONE, stats(processed=["a"], failures=["a"], dark=["a"]))

    assert (found.unreachable, found.transient, found.cause) == (False, False, "disk full")


@pytest.mark.parametrize("settled", [True, False])
def test_a_rollback_is_reported_with_the_cause(*, settled: bool) -> None:
    rollback = Answered("a", "rollback", {"changed": True, "settled": settled})

    found = result_of(FAILED, rollback, stats(processed=["a"], failures=["a"]))

    assert found.cause == "disk full; the apply was rolled back"
    assert found.rolled_back is settled


def test_a_rollback_counts_also_where_the_cause_of_the_failure_is_unknown() -> None:
    rollback = Answered("a", "rollback", {"changed": True, "settled": True})

    assert result_of(rollback, stats(processed=["a"], failures=["a"])).rolled_back


def test_a_failure_outside_of_any_phase_belongs_to_the_phase_that_was_entered_last() -> None:
    outside = replace(FAILED, role="machineconfig")

    found = result_of(TaskStarted("drain"), outside, stats(processed=["a"], failures=["a"]))

    assert found.phase is Phase.DRAIN


@pytest.mark.parametrize("failure", [FAILED, GONE])
def test_a_login_that_fails_before_any_phase_belongs_to_preflight(failure: Failed) -> None:
    claim = replace(failure, role="machineconfig")

    found = result_of(claim, stats(processed=["a"], failures=["a"]))

    assert found.phase is Phase.PREFLIGHT


def test_a_node_that_did_not_answer_is_unreachable() -> None:
    found = result_of(GONE, stats(processed=["a"], dark=["a"]))

    assert (found.unreachable, found.phase) == (True, Phase.REBOOT)


def test_a_run_that_was_killed_says_nothing_against_its_node() -> None:
    assert result_of(VERIFIED).unreachable
    assert result_of(FAILED).unreachable


def test_a_node_that_is_dark_in_the_statistics_did_not_answer() -> None:
    assert result_of(stats(processed=["a"], dark=["a"])).unreachable


def test_the_pods_that_a_drain_waits_for_come_with_its_failure() -> None:
    blocker = {"pod": "shop/web", "reason": "Finalizer", "message": "m", "remedy": "r"}
    failure = replace(FAILED, role="drain", blockers=[blocker], drain_abandoned=True)

    found = result_of(failure, stats(processed=["a"], failures=["a"]))

    assert [each.to_api() for each in found.blockers] == [{**blocker, "podDisruptionBudget": ""}]
    assert found.drain_abandoned


def test_a_shortage_of_the_controller_says_nothing_against_the_node() -> None:
    short = replace(FAILED, shortage="no room")

    found = result_of(short, stats(processed=["a"], failures=["a"]))

    assert (found.transient, found.shortage) == (True, "no room")


def test_a_run_that_was_ended_has_a_cause_for_each_node_that_had_not_failed() -> None:
    ended = Failed("took too long", "look there", over_limit=True, unreachable=True)
    messages: list[Message] = [TaskStarted("apply"), FAILED, ended]

    found = [result_of(*messages, node=node) for node in ("a", "b")]

    assert [(each.cause, each.transient) for each in found] == [
        ("disk full", True),
        ("took too long", True),
    ]


def test_a_node_that_was_ended_for_exceeding_a_limit_has_that_cause() -> None:
    over = Failed("too much", node="a", over_limit=True, unreachable=True)
    after = replace(FAILED, cause="no JSON")

    found = result_of(TaskStarted("apply"), over, after, stats(processed=["a"], failures=["a"]))

    assert (found.cause, found.transient, found.phase) == ("too much", True, Phase.APPLY)


def test_an_overdue_answer_is_reported_until_the_next_message() -> None:
    transcript = Transcript()
    transcript.add(TaskStarted("verify"))

    assert transcript.add(AnswerOverdue("a", "no answer for 30 s"))
    assert (transcript.waiting_for, transcript.phase) == ("no answer for 30 s", Phase.VERIFY)
    assert transcript.add(VERIFIED)
    assert transcript.waiting_for == ""


@pytest.mark.parametrize(
    "message",
    [
        TaskStarted("apply"),
        VERIFIED,
        DrainWaits("a", "drain", [{"pod": "shop/web"}]),
        AnswerOverdue("a", "no answer"),
        FAILED,
        stats(processed=["a"]),
    ],
    ids=lambda message: type(message).__name__,
)
def test_a_message_is_read_as_it_was_written(message: Message) -> None:
    assert decode(json.dumps(encode(message))) == message


@pytest.mark.parametrize("line", ["", "{", "[]", "7", "{}", '{"type": "Nonsense"}', '{"type": []}'])
def test_a_line_without_a_message_is_refused(line: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - JSON's own error, or ours
        decode(line)


@pytest.mark.parametrize(
    ("failed", "login_failed"),
    [
        pytest.param(GONE, True, id="no connection"),
        pytest.param(replace(FAILED, login_failed=True), True, id="no sudo"),
        pytest.param(FAILED, False, id="another failure"),
        pytest.param(
            Failed("too long", node="a", over_limit=True, unreachable=True), False, id="too long"
        ),
    ],
)
def test_a_failed_login_is_told_from_other_failures(failed: Failed, *, login_failed: bool) -> None:
    found = result_of(failed, stats(processed=["a"], failures=["a"]))

    assert found.login_failed is login_failed
    assert not found.unconfirmed


def test_a_config_that_the_node_rolled_back_by_itself_is_told_from_a_failure() -> None:
    refused = replace(FAILED, unconfirmed=True)

    assert result_of(refused, stats(processed=["a"], failures=["a"])).unconfirmed
