"""The drift checks of one node, from one to the next."""

from dataclasses import replace
from datetime import timedelta

import pytest

from controller.api.machine_config_node import (
    Drift,
    MachineConfigNodeStatus,
    NodeState,
    Requests,
)
from controller.planning import node_status
from controller.planning.drift.findings import Findings
from controller.planning.drift.node_check import Comparison, NodeCheck
from controller.planning.node import Node
from tests.unit.planning import build
from tests.unit.planning.build import NEW, NEWER, NOW, OLD, node

INTERVAL = timedelta(minutes=5)
CONFIGS = {OLD, NEW, NEWER}
IN_SYNC = Findings(OLD, "", ())
DRIFTED = Findings(OLD, "", (Drift(path="/etc/motd", kind="content"),))
MOVED = Findings(OLD, "", (), moved=True)


def check(seen: Node, before: NodeCheck | None = None, target: str = "") -> NodeCheck:
    """Return the check of a node as it is seen by a pass."""
    known = before or NodeCheck.first(seen, INTERVAL, NOW)
    return known.observed(seen, target, CONFIGS, INTERVAL, NOW)


def compared(check: NodeCheck) -> Comparison:
    assert check.comparison
    return check.comparison


def test_a_node_is_compared_with_the_config_that_it_runs() -> None:
    done = node("a", build.done(OLD))

    started = check(done).started(done, INTERVAL, NOW)

    assert compared(started).config == OLD


def test_a_node_whose_update_failed_is_compared_with_the_config_of_that_update() -> None:
    failed = node("a", build.failed(NEW))

    assert check(failed).config(failed) == NEW


def test_a_drifted_node_is_compared_once_with_a_new_target() -> None:
    drifted = node("a", build.drifted(OLD))

    first = check(drifted, target=NEW)
    assert (first.urgent, first.config(drifted)) == (True, NEW)
    then, _ = first.started(drifted, INTERVAL, NOW).finished(drifted, None, "", CONFIGS, NOW)
    again = check(drifted, then, NEW)
    assert (again.urgent, again.config(drifted)) == (False, OLD)

    started = again.started(drifted, INTERVAL, NOW)
    anew, _ = started.finished(drifted, DRIFTED, "", CONFIGS, NOW)
    assert check(drifted, anew, NEW).config(drifted) == NEW, "after a check found drift again"


def test_a_node_that_is_recovered_before_its_comparison_is_not_checked_again_and_again() -> None:
    """The comparison with the new target waits for another run, and the drift is gone by then."""
    drifted, recovered = node("a", build.drifted(OLD)), node("a", build.done(OLD))
    waits = check(drifted, target=NEW)

    first = check(recovered, waits, NEW).started(recovered, INTERVAL, NOW)
    then, _ = first.finished(recovered, IN_SYNC, "", CONFIGS, NOW)

    assert not check(recovered, then, NEW).due(recovered, NOW)


def test_a_request_is_answered_by_a_comparison_with_the_node_s_own_config() -> None:
    asks = node("a", build.drifted(OLD), requests=Requests(check="nonce"))
    seen = check(asks, target=NEW)

    assert seen.config(asks) == OLD
    assert compared(seen.started(asks, INTERVAL, NOW)).nonce == "nonce"
    status = node_status.with_handled(asks.status, check="nonce")
    recorded = node("a", status, requests=asks.requests)
    assert seen.started(asks, INTERVAL, NOW).config(recorded) == NEW, "the target comes next"


def test_findings_change_the_status_and_answer_the_request() -> None:
    asks = node("a", requests=Requests(check="nonce"))
    started = check(asks).started(asks, INTERVAL, NOW)

    after, transition = started.finished(asks, DRIFTED, "", CONFIGS, NOW)

    assert transition
    assert transition.status.state is NodeState.DEGRADED
    assert transition.status.answered.check == "nonce"
    assert (after.comparison, after.last_in_sync) == (None, None)


def test_a_node_in_sync_has_no_transition_and_the_time_is_remembered() -> None:
    done = node("a", node_status.on_checked(build.done(), (), NOW))
    started = check(done).started(done, INTERVAL, NOW)

    after, transition = started.finished(done, IN_SYNC, "", CONFIGS, NOW)

    assert transition is None
    assert after.last_in_sync == NOW


def test_a_check_that_failed_reports_its_cause_and_when_the_node_was_in_sync() -> None:
    done = node("a")
    started = replace(check(done).started(done, INTERVAL, NOW), last_in_sync=NOW)

    _, transition = started.finished(done, None, "no route", CONFIGS, NOW)

    assert transition
    assert transition.status.state is NodeState.DONE
    assert transition.message.startswith("no route; ")
    assert "2026-01-01 12:00:00 UTC" in transition.message


def test_a_node_that_was_being_changed_is_checked_again_soon() -> None:
    done = node("a")
    started = check(done).started(done, INTERVAL, NOW)

    after, transition = started.finished(done, MOVED, "", CONFIGS, NOW)

    assert transition is None
    assert NOW < after.next_due <= NOW + timedelta(seconds=10)


@pytest.mark.parametrize(
    "later",
    [
        pytest.param(node("a", build.working()), id="it is in an update"),
        pytest.param(node("a", held=True), id="it is held"),
        pytest.param(node("a", build.done(NEW)), id="it runs another config"),
        pytest.param(
            node("a", build.done().model_copy(update={"attempt": "2"})),
            id="an update has come and gone",
        ),
    ],
)
def test_findings_of_a_node_that_has_moved_on_are_dropped(later: Node) -> None:
    done = node("a")
    started = check(done).started(done, INTERVAL, NOW)

    assert started.finished(later, DRIFTED, "", CONFIGS, NOW) == (started.abandoned(), None)
    assert check(later, started).comparison is None, "and their run is not waited for"


@pytest.mark.parametrize("later", [build.working(), build.done()], ids=["in an update", "held"])
def test_a_request_is_answered_in_the_pass_in_which_the_result_is_dropped(
    later: MachineConfigNodeStatus,
) -> None:
    asks = node("a", requests=Requests(check="nonce"))
    started = check(asks).started(asks, INTERVAL, NOW)
    moved_on = replace(asks, status=later, held=later == asks.status)

    after, transition = started.finished(moved_on, DRIFTED, "", CONFIGS, NOW)

    assert after.comparison is None
    assert transition
    assert transition.status == node_status.with_handled(later, check="nonce")


@pytest.mark.parametrize(
    ("target", "findings"), [(NEW, IN_SYNC), ("", MOVED)], ids=["another config", "being changed"]
)
def test_a_node_whose_config_is_deleted_during_its_check_shows_why_at_once(
    target: str, findings: Findings
) -> None:
    drifted = node("a", build.drifted(OLD))
    started = check(drifted, target=target).started(drifted, INTERVAL, NOW)
    seen = started.observed(drifted, target, {NEW}, INTERVAL, NOW)

    after, transition = seen.finished(drifted, findings, "", CONFIGS, NOW)

    assert after.comparison is None
    assert transition
    assert transition.message.startswith(f"{OLD} was deleted")


@pytest.mark.parametrize(("findings", "matching"), [(IN_SYNC, NEW), (DRIFTED, ""), (None, "")])
def test_a_drifted_node_may_match_its_pool_s_target(
    findings: Findings | None, matching: str
) -> None:
    drifted = node("a", build.drifted(OLD))
    started = check(drifted, target=NEW).started(drifted, INTERVAL, NOW)

    after, transition = started.finished(drifted, findings, "no route", CONFIGS, NOW)

    assert (after.matching, transition) == (matching, None)
    assert check(drifted, after, NEW).matching == matching
    assert check(drifted, after, NEWER).matching == "", "of another target nothing is known"
    assert check(node("a"), after, NEW).matching == "", "it is drifted no more"


@pytest.mark.parametrize(
    ("broken", "cause"),
    [
        (node("a", address="nowhere at all"), "'nowhere at all' is not a valid address"),
        (node("a", build.done("rendered-gone")), "rendered-gone was deleted"),
    ],
    ids=["an invalid address", "its config is gone"],
)
def test_a_node_that_cannot_be_checked_shows_why(broken: Node, cause: str) -> None:
    asks = replace(broken, requests=Requests(check="nonce"))

    transition = check(asks).without_run(asks, NOW)

    assert transition
    assert transition.message.startswith(cause)
    assert transition.status.answered.check == "nonce"
    recorded = replace(asks, status=transition.status)
    assert check(recorded).without_run(recorded, NOW) is None, "it is reported once"


def test_a_request_is_answered_also_during_an_update() -> None:
    asks = node("a", build.working(), requests=Requests(check="nonce"))

    transition = check(asks).without_run(asks, NOW)

    assert transition
    assert transition.status == node_status.with_handled(asks.status, check="nonce")
