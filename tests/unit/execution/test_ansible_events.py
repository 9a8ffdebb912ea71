"""What the events of Ansible mean for a run."""

from typing import Any

import pytest

from controller.api.json_object import Json
from controller.execution.ansible_events import message_of
from controller.execution.messages import (
    Answered,
    DrainWaits,
    Failed,
    Message,
    PlaybookEnded,
    TaskStarted,
)


def message(event: str, **data: Any) -> Message | None:  # noqa: ANN401 - any event data of Ansible
    return message_of(event, {"host": "a", "role": "apply"} | data)


def test_the_pods_that_a_drain_goes_on_to_wait_for_are_reported_before_its_end() -> None:
    blockers = [{"pod": "shop/web"}]

    assert message("runner_on_ok", task_action="drain", res={"blockers": blockers}) is None
    assert message(
        "runner_on_ok", task_action="drain", res={"blockers": blockers, "goes_on": True}
    ) == DrainWaits("a", "apply", blockers)


@pytest.mark.parametrize(
    ("result", "cause", "remedy"),
    [
        pytest.param({"cause": "c", "remedy": "r", "msg": "m"}, "c", "r", id="a cause of ours"),
        pytest.param(
            {"stderr": "first\nlast\n", "msg": "m"}, "last", "", id="the last line of a command"
        ),
        pytest.param({"stderr": "", "msg": "m"}, "m", "", id="the message"),
        pytest.param({}, "no reason given", "", id="none"),
        pytest.param(None, "no reason given", "", id="no result at all"),
    ],
)
def test_the_cause_of_a_failure_is_one_line(result: Json | None, cause: str, remedy: str) -> None:
    assert message("runner_on_failed", res=result) == Failed(cause, remedy, "a", "apply")


def test_a_node_that_cannot_be_reached_has_a_cause_and_a_remedy() -> None:
    result = {"cause": "Connection refused", "remedy": "start sshd", "msg": "both"}

    assert message("runner_on_unreachable", res=result) == Failed(
        "Connection refused", "start sshd", "a", "apply", unreachable=True
    )


def test_a_failure_that_the_playbook_ignores_is_not_reported() -> None:
    assert message("runner_on_failed", res={"msg": "m"}, ignore_errors=True) is None


def test_the_answers_of_our_modules_are_reported_without_their_arguments() -> None:
    result = {"boot_id": "boot-2", "invocation": {"module_args": {"manifest": "secret"}}}

    assert message("runner_on_ok", task_action="machineconfig", res=result) == Answered(
        "a", "apply", {"boot_id": "boot-2"}
    )


def test_the_answers_of_other_modules_are_not_reported() -> None:
    command = "ansible.builtin.command"

    assert message("runner_on_ok", task_action=command, res={"stdout": "s"}) is None


def test_a_cause_is_never_blank() -> None:
    found = message("runner_on_failed", res={"stderr": "\n", "msg": "m"})

    assert isinstance(found, Failed)
    assert found.cause == "m"


def test_only_a_drain_has_blockers_whatever_a_node_answers() -> None:
    result = {"msg": "m", "blockers": [{"pod": "shop/web"}], "gives_back": True}

    drain = message("runner_on_failed", role="drain", task_action="drain", res=result)
    invented = message("runner_on_failed", task_action="machineconfig", res=result)

    assert isinstance(drain, Failed)
    assert (drain.blockers, drain.drain_abandoned) == ([{"pod": "shop/web"}], True)
    assert isinstance(invented, Failed)
    assert (invented.blockers, invented.drain_abandoned) == ([], False)


@pytest.mark.parametrize(
    ("fence", "number"),
    [(7, 7), (None, 0), ("7", 0), ([7], 0)],
    ids=["a number", "none", "a text", "a list"],
)
def test_a_fencing_number_that_refused_the_run_is_reported(fence: object, number: int) -> None:
    found = message("runner_on_failed", res={"msg": "m", "fence": fence})

    assert isinstance(found, Failed)
    assert found.refused_by_fence == number


def test_the_role_of_a_task_and_the_statistics_are_reported() -> None:
    counts = {"processed": {"a": 1}, "failures": {}, "dark": {"b": 1}}

    assert message("playbook_on_task_start") == TaskStarted("apply")
    assert message("playbook_on_task_start", role="") is None
    assert message("playbook_on_stats", **counts) == PlaybookEnded(["a"], [], ["b"])
