"""Check runs: which nodes are in one, and what their results change."""

import dataclasses
from datetime import timedelta
from typing import Any

import pytest

from controller.api.machine_config_node import (
    Drift,
    NodeState,
    Phase,
    Requests,
)
from controller.execution.protocol import Request, Result
from controller.execution.shortage import ShortageError
from controller.planning import node_status
from controller.runs.checks import Checks
from controller.runs.progress import Progress
from controller.settings import Settings
from tests.unit.runs.trackers import (
    ANOTHER,
    CONFIG,
    INTERVAL,
    NOW,
    SHORT,
    TARGETS,
    SimulatedExecutor,
    SimulatedRun,
    checked,
    node,
    snapshot,
)

RECORD = "/var/lib/machine-config/record.json"


DRIFTED = checked(Drift(path="/etc/a", kind="content"))


@pytest.fixture
def checks(executor: SimulatedExecutor) -> Checks:
    started = Checks(executor, Settings())
    for moment in (NOW, NOW + INTERVAL):
        started.start([node(NodeState.DONE)], snapshot(), TARGETS, 1, moment)
    return started


def test_an_invalid_answer_is_reported_and_not_taken_for_drift(
    checks: Checks, executor: SimulatedExecutor
) -> None:
    executor.run.results = {"w-1": Result(succeeded=True, findings=None)}

    [(_, change)] = checks.poll({"w-1": node(NodeState.DONE)}, NOW).transitions

    assert (change.status.state, change.event_reason) == (NodeState.DONE, "NotChecked")
    assert change.message.startswith("its answer is invalid; ")


def test_findings_of_a_node_that_is_updated_meanwhile_are_dropped(
    checks: Checks, executor: SimulatedExecutor
) -> None:
    executor.run.results = {"w-1": DRIFTED}

    assert checks.poll({"w-1": node(NodeState.WORKING)}, NOW).transitions == ()
    assert checks.poll({"w-1": node(NodeState.DONE)}, NOW).transitions == (), "they are out of date"


def test_findings_from_before_an_update_that_came_and_went_are_dropped(
    checks: Checks, executor: SimulatedExecutor
) -> None:
    """The target changed twice, so that the node runs the first config again."""
    executor.run.results = {"w-1": checked(config=ANOTHER)}
    there, back = node(NodeState.DONE), node(NodeState.DONE).status
    later = dataclasses.replace(there, status=back.model_copy(update={"attempt": "a later one"}))

    assert checks.poll({"w-1": later}, NOW).transitions == ()


def test_a_config_that_this_pass_has_rendered_is_not_missing(executor: SimulatedExecutor) -> None:
    checks, made = Checks(executor, Settings()), "rendered-worker-0000000000000000"
    status = node(NodeState.DONE).status.model_copy(update={"current_config": made})
    renamed = dataclasses.replace(node(), status=status)

    checks.start([renamed], snapshot(), {"worker": made}, 1, NOW)

    assert checks.poll({"w-1": renamed}, NOW).transitions == ()


def test_a_node_whose_update_failed_is_done_once_an_administrator_has_fixed_it(
    executor: SimulatedExecutor,
) -> None:
    failed = node_status.on_failed(node().status, Phase.VERIFY, "it does not work", "fix it", NOW)
    checks, stuck = Checks(executor, Settings()), dataclasses.replace(node(), status=failed)
    for moment in (NOW, NOW + INTERVAL):
        checks.start([stuck], snapshot(), TARGETS, 1, moment)
    executor.run.results = {"w-1": checked(by_hand=True)}

    [(_, change)] = checks.poll({"w-1": stuck}, NOW).transitions

    assert (change.event_reason, change.status.state, change.status.reason) == (
        "ByHand",
        NodeState.DONE,
        "",
    )


def test_findings_are_reported_until_they_are_acknowledged(
    checks: Checks, executor: SimulatedExecutor
) -> None:
    executor.run.results = {"w-1": DRIFTED}
    nodes = {"w-1": node(NodeState.DONE)}

    for _ in range(2):
        assert [each.message for _, each in checks.poll(nodes, NOW).transitions] == [
            "drift: /etc/a (content)"
        ]
    checks.acknowledge("w-1")
    assert checks.poll(nodes, NOW).transitions == ()


def test_a_node_that_answers_does_not_wait_for_one_that_hangs(
    checks: Checks, executor: SimulatedExecutor
) -> None:
    executor.run.reported["w-1"] = DRIFTED

    assert [
        each.event_reason for _, each in checks.poll({"w-1": node(NodeState.DONE)}, NOW).transitions
    ] == ["Drift"]


def test_an_unreachable_node_is_not_degraded_and_shows_when_it_was_last_in_sync(
    checks: Checks, executor: SimulatedExecutor
) -> None:
    executor.run.results = {"w-1": checked()}
    [(_, change)] = checks.poll({"w-1": node(NodeState.DONE)}, NOW).transitions
    seen = dataclasses.replace(node(), status=change.status)
    checks.acknowledge("w-1")
    assert checks.poll({"w-1": seen}, NOW).transitions == ()
    executor.run = SimulatedRun()
    checks.start([seen], snapshot(), TARGETS, 1, NOW + 3 * INTERVAL)
    executor.run.results = {"w-1": Result(succeeded=False, unreachable=True, cause="no route")}

    [(_, change)] = checks.poll({"w-1": seen}, NOW + 3 * INTERVAL).transitions

    assert change.status.state is NodeState.DONE
    assert change.message == "no route; last in sync at 2030-01-01 00:00:00 UTC"
    assert dataclasses.replace(seen, status=change.status).not_checked


def test_a_run_that_hangs_is_cancelled(checks: Checks, executor: SimulatedExecutor) -> None:
    nodes = {"w-1": node(NodeState.DONE)}
    checks.poll(nodes, NOW + 2 * INTERVAL)
    assert executor.run.ended == []
    checks.poll(nodes, NOW + 5 * INTERVAL)
    assert executor.run.ended == ["cancelled"]


def test_a_request_is_answered_also_where_the_node_is_not_checked(checks: Checks) -> None:
    asks = dataclasses.replace(node(NodeState.WORKING), requests=Requests(check="now"))

    [(_, change)] = checks.poll({"w-1": asks}, NOW).transitions

    assert change.status.answered.check == "now"


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (ANOTHER, (NodeState.DONE, ANOTHER, "")),
        ("ignition-0123", (NodeState.DEGRADED, CONFIG, f"drift: {RECORD} (on ignition-0123)")),
        ("", (NodeState.DEGRADED, CONFIG, f"drift: {RECORD} (on no config)")),
    ],
    ids=["a known config", "an unknown config", "none, since it was restored"],
)
def test_a_config_that_was_applied_by_hand_is_found_by_the_next_check(
    checks: Checks,
    executor: SimulatedExecutor,
    config: str,
    expected: tuple[NodeState, str, str],
) -> None:
    executor.run.results = {"w-1": checked(config=config, by_hand=True)}

    [(_, change)] = checks.poll({"w-1": node(NodeState.DONE)}, NOW).transitions

    status = change.status
    assert (status.state, status.current_config, status.reason) == expected


def test_while_a_check_hangs_its_nodes_are_not_due(
    checks: Checks, executor: SimulatedExecutor
) -> None:
    del executor
    other = dataclasses.replace(node(NodeState.DONE), name="w-2", uid="2")
    late = NOW + 3 * INTERVAL
    checks.start([node(NodeState.DONE), other], snapshot(), TARGETS, 1, late - INTERVAL)
    checks.start([node(NodeState.DONE), other], snapshot(), TARGETS, 1, late)

    assert checks.next_due is None, "the end of the run wakes the controller"


def test_a_node_is_in_one_check_at_a_time(checks: Checks, executor: SimulatedExecutor) -> None:
    first, executor.run = executor.run, SimulatedRun()
    asks = dataclasses.replace(node(NodeState.DONE), requests=Requests(check="now"))
    checks.start([asks], snapshot(), TARGETS, 1, NOW + INTERVAL)
    executor.run.results = {"w-1": DRIFTED}
    assert checks.poll({"w-1": asks}, NOW).transitions == (), "it is not in the second run"

    first.results = {"w-1": DRIFTED}
    assert [each.event_reason for _, each in checks.poll({"w-1": asks}, NOW).transitions] == [
        "Drift"
    ]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"address": "nowhere at all"}, "'nowhere at all' is not a valid address"),
        ({"status": node(NodeState.DONE).status.model_copy(update={"current_config": "x"})}, "x"),
    ],
    ids=["an invalid address", "its config is gone"],
)
def test_a_node_that_cannot_be_checked_shows_why_and_holds_up_no_other(
    executor: SimulatedExecutor, change: dict[str, Any], why: str
) -> None:
    checks, well = Checks(executor, Settings()), node(NodeState.DONE)
    asks = dataclasses.replace(well, name="w-2", uid="2", requests=Requests(check="now"), **change)
    for moment in (NOW, NOW + INTERVAL):
        checks.start([well, asks], snapshot(), TARGETS, 1, moment)
    executor.run.results = {"w-1": DRIFTED, "w-2": Result(succeeded=False, cause="refused")}

    found = {
        each.name: found for each, found in checks.poll({"w-1": well, "w-2": asks}, NOW).transitions
    }

    assert found["w-1"].event_reason == "Drift"
    assert found["w-2"].message.startswith(why)
    assert found["w-2"].status.answered.check == "now"


def test_a_drifted_node_matches_its_target_only_until_a_check_finds_otherwise(
    executor: SimulatedExecutor,
) -> None:
    checks, there, targets = Checks(executor, Settings()), snapshot(), {"worker": ANOTHER}
    found = [Drift(path="/etc/a", kind="content")]
    seen = dataclasses.replace(
        node(), status=node_status.on_checked(node(NodeState.DONE).status, found, NOW)
    )

    for result, matching in ((checked(), {"1": ANOTHER}), (DRIFTED, {})):
        executor.run = SimulatedRun()
        checks.start([seen], there, targets, 1, NOW)
        executor.run.results = {"w-1": result}
        checks.poll({"w-1": seen}, NOW)
        assert checks.matches == matching
        # After the next check of its own config it is compared with the target again.
        executor.run = SimulatedRun()
        checks.start([seen], there, targets, 1, NOW + INTERVAL * 2)
        executor.run.results = {"w-1": DRIFTED}
        checks.poll({"w-1": seen}, NOW)


def test_a_shortage_of_the_controller_is_not_blamed_on_a_node(
    checks: Checks, executor: SimulatedExecutor
) -> None:
    executor.run.results = {"w-1": SHORT}
    nodes = {"w-1": node(NodeState.DONE)}

    assert checks.poll(nodes, NOW) == Progress(shortage="has no room")
    checks.start(nodes.values(), snapshot(), TARGETS, 1, NOW)
    assert checks.next_due
    assert checks.next_due <= NOW + timedelta(seconds=10)


def test_a_request_is_answered_also_where_the_check_has_met_a_shortage(
    checks: Checks, executor: SimulatedExecutor
) -> None:
    executor.run.results = {"w-1": SHORT}
    asks = dataclasses.replace(node(NodeState.WORKING), requests=Requests(check="now"))

    progress = checks.poll({"w-1": asks}, NOW)

    assert progress.shortage == "has no room"
    assert [each.status.answered.check for _, each in progress.transitions] == ["now"]


def test_nodes_whose_check_could_not_start_for_a_shortage_stay_due(
    executor: SimulatedExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    checks, nodes = Checks(executor, Settings()), [node(NodeState.DONE)]
    checks.start(nodes, snapshot(), TARGETS, 1, NOW)

    def short(_: Request) -> SimulatedRun:
        raise ShortageError("no room")

    with monkeypatch.context() as patch:
        patch.setattr(executor, "start", short)
        with pytest.raises(ShortageError):
            checks.start(nodes, snapshot(), TARGETS, 1, NOW + INTERVAL)
    checks.start(nodes, snapshot(), TARGETS, 1, NOW + INTERVAL)

    assert len(executor.requests) == 1
