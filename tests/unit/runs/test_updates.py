"""Update runs: no result is lost, and each becomes the status of its node."""

import dataclasses
from datetime import datetime, timedelta

import pytest

from controller.api.machine_config_node import (
    Blocker,
    BlockReason,
    MachineConfigNodeStatus,
    NodeState,
    Phase,
    Requests,
    Unreturned,
)
from controller.api.machine_config_pool import MachineConfigPool
from controller.execution.protocol import Result, Verified
from controller.planning import node_status
from controller.planning.node import Node
from controller.planning.snapshot import Snapshot
from controller.runs.updates import Updates
from controller.settings import Settings
from tests.unit.runs.trackers import (
    CONFIG,
    NOW,
    SHORT,
    SimulatedExecutor,
    config,
    node,
    snapshot,
)


@pytest.fixture
def updates(executor: SimulatedExecutor) -> Updates:
    started = Updates(executor, Settings())
    started.start(node(), config(), snapshot(), 1, NOW)
    return started


def reasons(updates: Updates) -> list[str]:
    return [change.status.reason for _, change in updates.poll({"w-1": node()}, NOW).transitions]


def test_a_run_that_ends_while_its_phase_is_recorded_is_not_forgotten(
    updates: Updates, executor: SimulatedExecutor
) -> None:
    executor.run.phase = Phase.APPLY
    for _ in updates.poll({"w-1": node()}, NOW).transitions:
        executor.run.results = {
            "w-1": Result(succeeded=False, phase=Phase.APPLY, cause="disk full")
        }
        updates.acknowledge("w-1")

    assert reasons(updates) == ["Apply failed: disk full"]


def test_the_result_of_a_run_is_not_taken_for_another_node_of_the_same_name(
    updates: Updates, executor: SimulatedExecutor
) -> None:
    another = dataclasses.replace(node(), uid="2")

    assert updates.poll({"w-1": another}, NOW).transitions == ()
    assert executor.run.ended == ["cancelled"]
    assert updates.controller_state().runs.under_way, "until it has ended, there is no other run"

    executor.run.results = {"w-1": Result(succeeded=True, phase=Phase.UNCORDON)}
    assert updates.poll({"w-1": another}, NOW).transitions == ()
    assert not updates.controller_state().runs.under_way


def test_the_run_of_a_node_that_cannot_be_read_goes_on_until_it_can_be(
    updates: Updates, executor: SimulatedExecutor
) -> None:
    assert updates.poll({}, NOW, {"w-1"}).transitions == ()
    executor.run.results = {"w-1": Result(succeeded=True, phase=Phase.UNCORDON)}
    assert updates.poll({}, NOW, {"w-1"}).transitions == ()

    assert not executor.run.ended
    assert updates.controller_state().runs.under_way == {"w-1"}
    [(_, change)] = updates.poll({"w-1": node()}, NOW).transitions
    assert change.status.state is NodeState.DONE


def test_an_apply_that_was_rolled_back_does_not_count_as_applied(
    updates: Updates, executor: SimulatedExecutor
) -> None:
    executor.run.results = {
        "w-1": Result(succeeded=False, phase=Phase.APPLY, cause="disk full", rolled_back=True)
    }

    [(_, change)] = updates.poll({"w-1": node()}, NOW).transitions

    assert (change.status.state, change.status.applied) == (NodeState.DEGRADED, False)


def test_the_cordon_mark_is_cleared_by_the_run_that_uncordons_the_node(
    executor: SimulatedExecutor,
) -> None:
    marked = node_status.with_cordon_mark(node().status, "mark")
    updates = started(executor, dataclasses.replace(node(), status=marked), "1h")
    executor.run.results = {"w-1": Result(succeeded=True, phase=Phase.UNCORDON)}

    [(_, change)] = updates.poll(
        {"w-1": dataclasses.replace(node(), status=marked)}, NOW
    ).transitions

    assert (change.status.state, change.status.cordon_mark) == (NodeState.DONE, "")


def test_originals_that_could_not_be_restored_are_reported_with_the_end_of_the_update(
    updates: Updates, executor: SimulatedExecutor
) -> None:
    kept = Unreturned(name="/etc/a", cause="it is immutable", remedy="unlock it")
    executor.run.results = {"w-1": Result(succeeded=True, verified=Verified(unreturned=(kept,)))}

    [(_, change)] = updates.poll({"w-1": node()}, NOW).transitions

    assert change.status.state is NodeState.DONE
    assert change.warning
    assert change.message.endswith("/etc/a was not restored: it is immutable (unlock it)")
    assert [each.name for each in change.status.unreturned] == ["/etc/a"]


def test_a_result_is_reported_until_it_is_acknowledged(
    updates: Updates, executor: SimulatedExecutor
) -> None:
    executor.run.results = {"w-1": Result(succeeded=False, phase=Phase.APPLY, cause="disk full")}

    assert reasons(updates) == reasons(updates)
    updates.acknowledge("w-1")
    assert reasons(updates) == []


@pytest.mark.parametrize(
    ("result", "state"),
    [
        (Result(succeeded=False, phase=Phase.APPLY, cause="disk full"), NodeState.DEGRADED),
        (
            Result(succeeded=False, phase=Phase.APPLY, cause="no answer", transient=True),
            NodeState.WORKING,
        ),
        (
            Result(succeeded=False, phase=Phase.DRAIN, cause="a budget", transient=True),
            NodeState.WORKING,
        ),
        (Result(succeeded=True, phase=Phase.UNCORDON), NodeState.DONE),
    ],
    ids=["a failure", "a transient cause", "a blocked drain", "success"],
)
def test_only_a_failure_makes_a_node_degraded(
    updates: Updates, executor: SimulatedExecutor, result: Result, state: NodeState
) -> None:
    executor.run.results = {"w-1": result}

    found = [change.status.state for _, change in updates.poll({"w-1": node()}, NOW).transitions]

    assert found == [state]


def test_a_transient_failure_is_retried_after_growing_pauses(
    updates: Updates, executor: SimulatedExecutor
) -> None:
    executor.run.results = {"w-1": Result(succeeded=False, phase=Phase.VERIFY, transient=True)}
    pauses = []
    for _ in range(3):
        reasons(updates)
        pauses.append(updates.controller_state().runs.not_before["w-1"] - NOW)

    assert timedelta() < pauses[0] < pauses[1] < pauses[2]


def test_a_pending_reboot_is_reported_once_however_often_the_next_runs_are_told_to_wait(
    executor: SimulatedExecutor,
) -> None:
    waits = Result(succeeded=False, cause="a reboot is pending", remedy="wait", transient=True)
    updates, before = Updates(executor, Settings()), node()
    found = []
    for phase in (Phase.REBOOT, Phase.PREFLIGHT, Phase.PREFLIGHT):
        updates.start(before, config(), snapshot(), 1, NOW)
        executor.run.results = {"w-1": dataclasses.replace(waits, phase=phase)}
        [(_, change)] = updates.poll({"w-1": before}, NOW).transitions
        updates.acknowledge("w-1")
        before = dataclasses.replace(before, status=change.status)
        found.append((change.event_reason, change.status.phase, change.status.reason))

    reason = "Reboot: a reboot is pending (wait)"
    assert found == [(event, Phase.REBOOT, reason) for event in ("Interrupted", "", "")]


def refused(updates: Updates, executor: SimulatedExecutor, *, by: int) -> MachineConfigNodeStatus:
    """Return the status of a node whose record has refused a run with the fencing number 3."""
    updates.cancel()
    updates.start(node(), config(), snapshot(), 3, NOW)
    executor.run.results = {
        "w-1": Result(succeeded=False, phase=Phase.PREFLIGHT, refused_by_fence=by, transient=True)
    }
    [(_, change)] = updates.poll({"w-1": node()}, NOW).transitions
    executor.run.results = None
    return change.status


@pytest.mark.parametrize("number", [4, 57, 2**30 - 1, 2**53 - 3], ids=str)
def test_a_node_whose_record_has_a_higher_fencing_number_gets_one_above_it_from_then_on(
    updates: Updates, executor: SimulatedExecutor, number: int
) -> None:
    status = refused(updates, executor, by=number)

    assert status.state is NodeState.WORKING, "which is no failure"
    for leader in (3, 4):
        updates.cancel()
        seen = dataclasses.replace(node(), status=status)
        updates.start(seen, config(), snapshot(), leader, NOW)
        assert executor.requests[-1].fence == number + leader - 2, (
            "and that of the next leader higher"
        )


def test_the_fencing_number_of_one_node_moves_that_of_no_other_node(
    updates: Updates, executor: SimulatedExecutor
) -> None:
    refused(updates, executor, by=2**30 - 1)

    updates.start(dataclasses.replace(node(), name="w-2"), config(), snapshot(), 3, NOW)

    assert executor.requests[-1].fence == 3


@pytest.mark.parametrize("number", [-1, 1, 3, 2**53 - 1, 2**63, 10**40], ids=str)
def test_an_impossible_fencing_number_is_a_failure_of_the_node_with_its_remedy(
    updates: Updates, executor: SimulatedExecutor, number: int
) -> None:
    status = refused(updates, executor, by=number)

    assert (status.state, status.fence_offset) == (NodeState.DEGRADED, 0)
    assert status.last_failure
    assert status.last_failure.cause.startswith("its record answers the fencing number 3 with ")
    assert "docs/security.md" in status.last_failure.remedy


RESTORED = Result(
    succeeded=False,
    phase=Phase.PREFLIGHT,
    restored=True,
    cause="admin restored all originals by hand at 2026-01-02 03:04:05 UTC, from rendered-a",
    remedy="run playbooks/update.yml by hand to manage the node again",
)


def test_a_node_that_was_restored_by_hand_is_left_alone_and_shows_who_when_and_the_remedy(
    updates: Updates, executor: SimulatedExecutor
) -> None:
    executor.run.results = {"w-1": RESTORED}

    [(_, change)] = updates.poll({"w-1": node()}, NOW).transitions

    seen = dataclasses.replace(node(), status=change.status)
    assert change.status.reason == RESTORED.message
    assert (seen.restored, seen.in_update, seen.drifted) == (True, False, True)


@pytest.mark.parametrize(
    ("result", "state"),
    [
        (Result(succeeded=True, phase=Phase.UNCORDON), NodeState.DONE),
        (Result(succeeded=False, phase=Phase.APPLY, cause="disk full"), NodeState.DEGRADED),
        (Result(succeeded=False, phase=Phase.VERIFY, transient=True), NodeState.WORKING),
        (None, NodeState.WORKING),
    ],
    ids=["success", "a failure", "a transient cause", "it goes on"],
)
def test_a_run_restores_the_status_of_a_machine_config_node_that_is_deleted_meanwhile(
    executor: SimulatedExecutor, result: Result | None, state: NodeState
) -> None:
    status = node().status.model_copy(update={"attempt": "1", "answered": Requests(recover="r")})
    updates = Updates(executor, Settings())
    given = dataclasses.replace(node(), status=status)
    updates.start(given, config(), snapshot(), 1, NOW)
    executor.run.phase = Phase.APPLY
    executor.run.results = {"w-1": result} if result else None
    deleted = dataclasses.replace(node(), status=MachineConfigNodeStatus())

    [(seen, change)] = updates.poll({"w-1": deleted}, NOW).transitions

    assert seen is deleted, "what is written is compared with what is there"
    assert (change.status.state, change.status.desired_config) == (state, CONFIG)
    assert (change.status.pool, change.status.attempt) == ("worker", "1")
    assert change.status.answered.recover == "r", "what was answered is not asked again"
    assert CONFIG in change.message or state is not NodeState.DONE


def test_all_runs_are_cancelled_before_any_is_waited_for(executor: SimulatedExecutor) -> None:
    order: list[str] = []
    executor.run.ended = order
    updates = Updates(executor, Settings())
    for name in ("w-1", "w-2"):
        updates.start(dataclasses.replace(node(), name=name), config(), snapshot(), 1, NOW)

    updates.cancel()

    assert order == ["cancelled", "cancelled", "gone", "gone"]
    assert not updates.controller_state().runs.under_way


BLOCKED = Result(
    succeeded=False,
    phase=Phase.DRAIN,
    cause="the drain waits for shop/web",
    blockers=(Blocker(pod="shop/web", message="m", remedy="scale it up"),),
)


def draining(since: datetime) -> Node:
    """Return a node whose drain has lasted since then."""
    status = node().status.model_copy(update={"draining_since": since, "phase": Phase.DRAIN})
    return dataclasses.replace(node(), status=status)


def with_timeout(timeout: str) -> Snapshot:
    """Return a cluster whose pool has this timeout of drains."""
    spec = {"drain": {"timeout": timeout}}
    pool = MachineConfigPool.model_validate({"metadata": {"name": "worker"}, "spec": spec})
    return dataclasses.replace(snapshot(), pools=(pool,))


def started(executor: SimulatedExecutor, drained: Node, timeout: str) -> Updates:
    updates = Updates(executor, Settings())
    updates.start(drained, config(), with_timeout(timeout), 1, NOW)
    return updates


@pytest.mark.parametrize(
    ("drained", "gives_back"),
    [
        pytest.param(node(), False, id="its drain has not begun"),
        pytest.param(draining(NOW - timedelta(minutes=59)), False, id="it has time left"),
        pytest.param(draining(NOW - timedelta(minutes=60)), True, id="its time is up"),
    ],
)
def test_the_last_attempt_of_a_drain_may_uncordon_the_node(
    executor: SimulatedExecutor, drained: Node, *, gives_back: bool
) -> None:
    started(executor, drained, "1h")

    assert executor.requests[-1].variables["drain_gives_back"] is gives_back
    assert executor.requests[-1].pool
    assert executor.requests[-1].pool["spec"]["drain"] == {"timeout": "1h"}


def test_a_blocked_drain_is_retried_at_its_timeout_at_the_latest(
    executor: SimulatedExecutor,
) -> None:
    drained = draining(NOW - timedelta(seconds=50))
    updates = started(executor, drained, "1m")
    executor.run.results = {"w-1": BLOCKED}

    [(_, change)] = updates.poll({"w-1": drained}, NOW).transitions

    assert (change.event_reason, change.status.blocked_by) == ("DrainBlocked", BLOCKED.blockers)
    assert updates.controller_state().runs.not_before["w-1"] == NOW + timedelta(seconds=10)


@pytest.mark.parametrize(
    ("reason", "warning"), [(BlockReason.FINALIZER, True), (BlockReason.GRACE_PERIOD, False)]
)
def test_the_pods_that_a_drain_waits_for_are_reported_once_while_its_run_goes_on(
    executor: SimulatedExecutor, reason: BlockReason, *, warning: bool
) -> None:
    drained = draining(NOW - timedelta(seconds=6))
    updates = started(executor, drained, "1h")
    executor.run.phase = Phase.DRAIN
    executor.run.blockers = (Blocker(pod="shop/web", reason=reason, message="is ending"),)

    [(_, change)] = updates.poll({"w-1": drained}, NOW).transitions

    assert (change.event_reason, change.warning) == ("DrainWaits", warning)
    assert change.message == "drain waits: shop/web (is ending)"
    assert change.status.blocked_by == executor.run.blockers
    recorded = dataclasses.replace(drained, status=change.status)
    assert not updates.poll({"w-1": recorded}, NOW).transitions
    assert updates.controller_state().runs.under_way == {"w-1"}


def test_a_drain_past_its_timeout_that_could_not_uncordon_is_retried_as_any_other(
    executor: SimulatedExecutor,
) -> None:
    drained = draining(NOW - timedelta(minutes=5))
    updates = started(executor, drained, "1m")
    executor.run.results = {"w-1": BLOCKED}

    updates.poll({"w-1": drained}, NOW)

    assert updates.controller_state().runs.not_before["w-1"] == NOW + timedelta(
        seconds=Settings().drain_retry
    )


@pytest.mark.parametrize("field", ["applied", "unproven"])
def test_the_drain_of_a_node_with_an_unverified_apply_is_never_abandoned(
    executor: SimulatedExecutor, field: str
) -> None:
    status = node().status.model_copy(update={field: True})

    started(executor, dataclasses.replace(node(), status=status), "1h")

    assert executor.requests[-1].variables["drain_keeps"] is True


def test_preflight_decides_whether_the_drain_of_another_node_may_be_abandoned(
    executor: SimulatedExecutor,
) -> None:
    started(executor, node(), "1h")

    assert "drain_keeps" not in executor.requests[-1].variables


def test_a_node_whose_drain_was_abandoned_is_degraded_with_its_blockers(
    executor: SimulatedExecutor,
) -> None:
    updates = started(executor, node(), "1h")
    executor.run.results = {"w-1": dataclasses.replace(BLOCKED, drain_abandoned=True)}

    [(_, change)] = updates.poll({"w-1": node()}, NOW).transitions

    assert (change.event_reason, change.status.state) == ("DrainAbandoned", NodeState.DEGRADED)
    assert change.status.blocked_by == BLOCKED.blockers


OVERDUE = "the node has not answered for 30 s (limit: 5 min)"


def waiting(updates: Updates, executor: SimulatedExecutor) -> Node:
    """Return a node whose answer is overdue, which its status shows."""
    executor.run.phase, executor.run.waiting_for = Phase.PREFLIGHT, OVERDUE
    [(_, change)] = updates.poll({"w-1": node()}, NOW).transitions
    assert (change.status.phase, change.event_reason) == (Phase.PREFLIGHT, "AwaitsAnswer")
    assert change.status.reason == f"Preflight: {OVERDUE}"
    return dataclasses.replace(node(), status=change.status)


def test_an_overdue_answer_is_reported_once_with_its_phase(
    updates: Updates, executor: SimulatedExecutor
) -> None:
    waits = waiting(updates, executor)

    assert updates.poll({"w-1": waits}, NOW).transitions == (), "it is reported once"


def test_an_answer_after_all_clears_the_reason(
    updates: Updates, executor: SimulatedExecutor
) -> None:
    waits = waiting(updates, executor)
    executor.run.phase, executor.run.waiting_for = Phase.CORDON, ""

    [(_, change)] = updates.poll({"w-1": waits}, NOW).transitions

    assert (change.status.phase, change.status.reason) == (Phase.CORDON, "")


def test_an_overdue_answer_hides_no_failure(updates: Updates, executor: SimulatedExecutor) -> None:
    status = node().status.model_copy(update={"reason": "Apply failed: disk full"})
    executor.run.phase, executor.run.waiting_for = Phase.IDLE, OVERDUE

    assert updates.poll({"w-1": dataclasses.replace(node(), status=status)}, NOW).transitions == ()


def test_a_phase_that_lasts_is_shown_though_nothing_else_happens(
    executor: SimulatedExecutor,
) -> None:
    executor.run.phase = Phase.PREFLIGHT
    updates = started(executor, node(), "1h")
    assert updates.poll({"w-1": node()}, NOW).transitions == ()

    due = updates.next_due
    assert due
    [(_, change)] = updates.poll({"w-1": node()}, due).transitions

    assert change.status.phase is Phase.PREFLIGHT


def test_a_shortage_of_the_controller_neither_degrades_a_node_nor_delays_it(
    updates: Updates, executor: SimulatedExecutor
) -> None:
    executor.run.results = {"w-1": SHORT}

    for _ in range(5):
        [(_, change)] = updates.poll({"w-1": node()}, NOW).transitions

    status = change.status
    assert (status.state, status.reason, change.event_reason) == (NodeState.WORKING, "", "")
    assert status.applied, "it may be"
    assert updates.poll({"w-1": node()}, NOW).shortage == "has no room"
    assert updates.controller_state().runs.not_before["w-1"] <= NOW + timedelta(seconds=5)
