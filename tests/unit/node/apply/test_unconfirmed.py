"""A config that the watchdog rolled back is refused only to those who must not apply it again."""

from pathlib import Path

import pytest
from machineconfig_node.apply import attempts, unconfirmed
from machineconfig_node.apply.transaction import Transaction
from machineconfig_node.base.errors import NodeError, UnconfirmedError
from machineconfig_node.manifest import desired_state
from machineconfig_node.manifest.desired_state import DesiredState
from machineconfig_node.record.node_record import Record, load
from machineconfig_node.rollback import rollback

from tests.unit.node.build import file, manifest

BOOT = "boot-1"
BY_HAND = attempts.AttemptRequest()
SAME = attempts.AttemptRequest("one")
NEXT = attempts.AttemptRequest("two")


@pytest.fixture
def desired(disk: Path) -> DesiredState:
    return desired_state.read(manifest(file(disk / "a"), config="new"))


@pytest.fixture
def rolled_back(folder: str, desired: DesiredState) -> Record:
    """The record after the attempt `one` was rolled back by the watchdog."""
    Transaction(folder, load(folder), desired, BOOT, attempt="one").run([])
    return rollback.roll_back_committed(folder, load(folder), BOOT, "none came", cut_off=True)


def refused(record: Record, desired: DesiredState, request: attempts.AttemptRequest) -> str:
    """Return the cause and remedy of the refusal; empty without one."""
    try:
        unconfirmed.refuse(record, desired, request)
    except UnconfirmedError as error:
        return str(error)
    return ""


def test_the_attempt_that_was_rolled_back_waits_for_the_controllers_decision(
    rolled_back: Record, desired: DesiredState
) -> None:
    text = refused(rolled_back, desired, SAME)

    assert "the watchdog rolled back new: none came" in text
    assert "by itself" in text


@pytest.mark.parametrize("request_", [NEXT, BY_HAND], ids=["a later attempt", "a person"])
def test_a_later_attempt_and_a_person_apply_it_again(
    rolled_back: Record, desired: DesiredState, request_: attempts.AttemptRequest
) -> None:
    assert refused(rolled_back, desired, request_) == ""


@pytest.mark.parametrize("request_", [SAME, NEXT, BY_HAND])
def test_a_lock_out_is_refused_to_everybody(
    folder: str, rolled_back: Record, desired: DesiredState, request_: attempts.AttemptRequest
) -> None:
    assert unconfirmed.record_lock_out(rolled_back, "new")
    rolled_back.save(folder)

    text = refused(load(folder), desired, request_)

    assert "which had locked out the controller" in text
    assert "kubectl mc recover NODE" in text


@pytest.mark.parametrize(
    ("asked", "refuses"),
    [
        pytest.param(attempts.AttemptRequest("two", again=True), False, id="recover"),
        pytest.param(attempts.AttemptRequest(again=True), False, id="machineconfig_again"),
        pytest.param(attempts.AttemptRequest("two", forced=True), False, id="the force file"),
        pytest.param(attempts.AttemptRequest("one", again=True), True, id="a retry of recover"),
    ],
)
def test_a_persons_request_lifts_a_lock_out_once(
    rolled_back: Record, desired: DesiredState, asked: attempts.AttemptRequest, *, refuses: bool
) -> None:
    unconfirmed.record_lock_out(rolled_back, "new")

    assert bool(refused(rolled_back, desired, asked)) is refuses


@pytest.mark.parametrize("request_", [SAME, NEXT, BY_HAND])
def test_a_config_that_cannot_be_booted_has_failed_and_is_refused_to_everybody(
    rolled_back: Record, desired: DesiredState, request_: attempts.AttemptRequest
) -> None:
    rolled_back.reverted["broken_boot"] = True

    with pytest.raises(NodeError, match="kubectl mc recover NODE") as error:
        unconfirmed.refuse(rolled_back, desired, request_)

    assert not isinstance(error.value, UnconfirmedError)


def test_a_persons_request_tries_a_config_again_that_could_not_be_booted(
    rolled_back: Record, desired: DesiredState
) -> None:
    rolled_back.reverted["broken_boot"] = True

    unconfirmed.refuse(rolled_back, desired, attempts.AttemptRequest("two", again=True))


def test_another_config_is_neither_refused_nor_blamed(rolled_back: Record, disk: Path) -> None:
    another = desired_state.read(manifest(file(disk / "a"), config="another"))

    assert not unconfirmed.record_lock_out(rolled_back, "another")
    assert refused(rolled_back, another, SAME) == ""
    assert not rolled_back.reverted.get("locked_out")


def test_a_rollback_by_an_earlier_version_is_applied_once_more(
    rolled_back: Record, desired: DesiredState
) -> None:
    rolled_back.reverted = {"config": "new", "cause": "nobody", "cut_off": True}

    assert refused(rolled_back, desired, SAME) == ""


def test_what_the_watchdog_rolls_back_has_not_failed(
    rolled_back: Record, desired: DesiredState
) -> None:
    assert attempts.failed_before(rolled_back, desired, SAME) == {}
