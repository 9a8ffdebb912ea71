"""How a run has ended for a node: success is proved by Ansible's statistics alone."""

from typing import Any

import pytest

from controller.api.json_object import Json
from controller.api.machine_config_node import Phase
from controller.execution.local import _result
from controller.execution.protocol import Result
from controller.execution.runner_process import _line

VERIFIED: Json = {"node": "a", "role": "verify", "found": {"boot_id": "boot-2"}}
FAILED: Json = {"node": "a", "role": "apply", "cause": "disk full", "remedy": "make room"}
GONE: Json = {"node": "a", "role": "reboot", "cause": "no route", "unreachable": True}


def stats(**counts: list[str]) -> Json:
    """Return the line that a run ends with: which hosts, and what became of them."""
    kinds = "processed", "failures", "dark"
    return {"stats": {each: dict.fromkeys(counts.get(each, []), 1) for each in kinds}}


def judged(*lines: Json, phase: Phase = Phase.VERIFY) -> Result:
    return _result("a", list(lines), phase)


def test_a_node_that_was_processed_without_a_failure_has_succeeded() -> None:
    found = judged(VERIFIED, stats(processed=["a"]))

    assert found.succeeded
    assert found.findings == {"verify": {"boot_id": "boot-2"}}


def test_of_a_phase_the_last_that_was_found_counts() -> None:
    again = VERIFIED | {"found": {"boot_id": "boot-3"}}

    assert judged(VERIFIED, again, stats(processed=["a"])).findings["verify"]["boot_id"] == "boot-3"


def test_what_was_found_of_another_node_is_not_this_one_s() -> None:
    other = VERIFIED | {"node": "b"}

    assert judged(other, stats(processed=["a", "b"])).findings == {}


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param([], id="nothing was said"),
        pytest.param([VERIFIED], id="no statistics, though all went well until then"),
        pytest.param([VERIFIED, stats()], id="no host matched"),
        pytest.param([VERIFIED, stats(processed=["b"])], id="it was not among the hosts"),
        pytest.param([FAILED, stats(processed=["a"], failures=["a"])], id="it failed"),
        pytest.param([GONE, stats(processed=["a"], dark=["a"])], id="it did not answer"),
        pytest.param([VERIFIED, stats(processed=["a"], dark=["a"])], id="dark without a word"),
        pytest.param(
            [VERIFIED, stats(processed=["a"], failures=["a"])], id="failed without a word"
        ),
    ],
)
def test_everything_else_is_no_success_and_has_a_cause(lines: list[Json]) -> None:
    found = judged(*lines)

    assert not found.succeeded
    assert found.cause


def test_a_failure_that_was_rescued_is_none() -> None:
    assert judged(FAILED, VERIFIED, stats(processed=["a"])).succeeded


def test_a_failure_of_another_node_is_not_this_one_s() -> None:
    found = judged(FAILED | {"node": "b"}, stats(processed=["a", "b"], failures=["b"]))

    assert found.succeeded


def test_a_failure_is_told_with_its_phase_cause_and_remedy() -> None:
    found = judged(FAILED, stats(processed=["a"], failures=["a"]))

    assert (found.phase, found.cause, found.remedy, found.unreachable) == (
        Phase.APPLY,
        "disk full",
        "make room",
        False,
    )


def test_of_several_failures_the_first_is_told_for_the_others_are_of_the_way_back() -> None:
    later = FAILED | {"cause": "could not be put back"}

    assert judged(FAILED, later, stats(processed=["a"], failures=["a"])).cause == "disk full"


def test_a_node_that_is_lost_on_the_way_back_from_a_failure_has_failed() -> None:
    found = judged(FAILED, GONE, stats(processed=["a"], failures=["a"], dark=["a"]))

    assert (found.unreachable, found.transient, found.cause) == (False, False, "disk full")


def test_what_was_put_back_is_told_with_the_cause() -> None:
    put_back = {"node": "a", "role": "rollback", "found": {"changed": True, "settled": True}}

    found = judged(FAILED, put_back, stats(processed=["a"], failures=["a"]))

    assert found.cause == "disk full; what was applied was put back"


def test_a_failure_outside_of_any_phase_is_of_the_phase_that_was_entered_last() -> None:
    stranger = FAILED | {"role": "machineconfig"}

    found = judged(stranger, stats(processed=["a"], failures=["a"]), phase=Phase.DRAIN)

    assert found.phase is Phase.DRAIN


@pytest.mark.parametrize("failure", [FAILED, GONE])
def test_a_login_that_fails_before_any_phase_is_of_preflight(failure: Json) -> None:
    claim = failure | {"role": "machineconfig"}

    found = judged(claim, stats(processed=["a"], failures=["a"]), phase=Phase.IDLE)

    assert found.phase is Phase.PREFLIGHT


def test_a_node_that_did_not_answer_is_told_apart() -> None:
    found = judged(GONE, stats(processed=["a"], dark=["a"]))

    assert (found.unreachable, found.phase) == (True, Phase.REBOOT)


def test_a_run_that_was_killed_says_nothing_against_its_node() -> None:
    assert judged(VERIFIED).unreachable
    assert judged(FAILED).unreachable


def test_a_node_that_the_statistics_call_dark_did_not_answer() -> None:
    assert judged(stats(processed=["a"], dark=["a"])).unreachable


def test_what_a_drain_waits_for_comes_with_its_failure() -> None:
    blocker = {"pod": "shop/web", "reason": "Finalizer", "message": "m", "remedy": "r"}
    failure = {**FAILED, "role": "drain", "blockers": [blocker], "gives_back": True}

    found = judged(failure, stats(processed=["a"], failures=["a"]))

    assert [each.to_api() for each in found.blockers] == [{**blocker, "podDisruptionBudget": ""}]
    assert found.given_back


def event(kind: str, **data: Any) -> Json | None:  # noqa: ANN401 - any event data of Ansible
    """Return the line that an event of Ansible becomes."""
    return _line(kind, {"host": "a", "role": "apply"} | data)


def test_what_a_drain_that_goes_on_waits_for_is_told_before_its_end() -> None:
    blockers = [{"pod": "shop/web"}]

    assert event("runner_on_ok", task_action="drain", res={"blockers": blockers}) is None
    assert event(
        "runner_on_ok", task_action="drain", res={"blockers": blockers, "goes_on": True}
    ) == {
        "node": "a",
        "role": "apply",
        "blocked_by": blockers,
    }


@pytest.mark.parametrize(
    ("result", "cause", "remedy"),
    [
        pytest.param({"cause": "c", "remedy": "r", "msg": "m"}, "c", "r", id="our own words"),
        pytest.param({"stderr": "first\nlast\n", "msg": "m"}, "last", "", id="a command's last"),
        pytest.param({"stderr": "", "msg": "m"}, "m", "", id="the message"),
        pytest.param({}, "no reason given", "", id="none"),
        pytest.param(None, "no reason given", "", id="no result at all"),
    ],
)
def test_the_cause_of_a_failure_is_one_line(result: Json | None, cause: str, remedy: str) -> None:
    assert event("runner_on_failed", res=result) == {
        "node": "a",
        "role": "apply",
        "action": "",
        "cause": cause,
        "remedy": remedy,
        "fence": 0,
    }


def test_a_node_that_cannot_be_reached_says_why_and_what_to_do() -> None:
    result = {"cause": "Connection refused", "remedy": "start sshd", "msg": "both"}

    assert event("runner_on_unreachable", res=result) == {
        "node": "a",
        "role": "apply",
        "cause": "Connection refused",
        "remedy": "start sshd",
        "unreachable": True,
    }


def test_a_failure_that_the_playbook_ignores_is_none() -> None:
    assert event("runner_on_failed", res={"msg": "m"}, ignore_errors=True) is None


def test_what_our_modules_return_is_told_without_their_arguments() -> None:
    result = {"boot_id": "boot-2", "invocation": {"module_args": {"manifest": "secret"}}}

    assert event("runner_on_ok", task_action="machineconfig", res=result) == {
        "node": "a",
        "role": "apply",
        "found": {"boot_id": "boot-2"},
    }


def test_what_other_modules_return_is_not_told() -> None:
    assert event("runner_on_ok", task_action="ansible.builtin.command", res={"stdout": "s"}) is None


def test_a_cause_of_white_space_is_no_reason() -> None:
    line = event("runner_on_failed", res={"stderr": "\n", "msg": "m"})

    assert line is not None
    assert line["cause"]


def test_only_a_drain_has_blockers_whatever_a_node_answers() -> None:
    result = {"msg": "m", "blockers": [{"pod": "shop/web"}], "gives_back": True}

    told = event("runner_on_failed", role="drain", task_action="drain", res=result)
    made_up = event("runner_on_failed", task_action="machineconfig", res=result)

    assert told is not None
    assert told["blockers"] == [{"pod": "shop/web"}]
    assert told["gives_back"]
    assert made_up is not None
    assert not {"blockers", "gives_back"} & made_up.keys()


def test_what_the_controller_had_too_little_of_says_nothing_against_the_node() -> None:
    found = judged(FAILED | {"short": "no room"}, stats(processed=["a"], failures=["a"]))

    assert (found.transient, found.shortage) == (True, "no room")


def test_a_run_that_was_ended_says_why_of_each_node_that_had_not_failed() -> None:
    ended = {"ended": {"cause": "took too long", "remedy": "look there", "bound": True}}
    lines = [FAILED, ended]

    found = {node: _result(node, lines, Phase.APPLY) for node in ("a", "b")}

    assert [(each.cause, each.transient) for each in found.values()] == [
        ("disk full", True),
        ("took too long", True),
    ]


def test_of_a_node_that_was_ended_for_what_it_took_that_is_the_cause() -> None:
    bound = {"node": "a", "cause": "too much", "bound": True, "unreachable": True}
    after = FAILED | {"cause": "no JSON"}

    found = judged(bound, after, stats(processed=["a"], failures=["a"]), phase=Phase.APPLY)

    assert (found.cause, found.transient, found.phase) == ("too much", True, Phase.APPLY)
