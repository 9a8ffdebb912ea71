"""What becomes of runs: nothing that they came to is lost, and nothing they say can do harm."""

import dataclasses
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.api.machine_config import MachineConfig
from controller.api.machine_config_node import (
    Blocker,
    BlockReason,
    Drift,
    MachineConfigNodeStatus,
    NodeState,
    Phase,
    Requests,
)
from controller.api.machine_config_pool import MachineConfigPool
from controller.execution.local import _result
from controller.execution.protocol import Request, Result
from controller.execution.runner_process import _harmless, _line
from controller.execution.shortage import ShortageError
from controller.planning import node_status
from controller.planning.node import Node
from controller.planning.snapshot import Snapshot
from controller.runs.checks import Checks
from controller.runs.progress import Progress
from controller.runs.updates import Updates
from controller.settings import Settings
from tests.unit.execution.test_untrusted_text import texts

NOW = datetime(2030, 1, 1, tzinfo=UTC)
CONFIG = "rendered-worker-1"
RECORD = "/var/lib/machine-config/record.json"
DRIFTED = Result(
    succeeded=True,
    findings={"check": {"differences": [{"path": "/etc/a", "what": "content"}], "config": CONFIG}},
)
INTERVAL = timedelta(seconds=Settings().check_interval)
ANOTHER = "rendered-worker-ffffffffffffffff"
TARGETS = {"worker": CONFIG}


class SimulatedRun:
    """A run that ends when the test says so."""

    command = ""

    def __init__(self) -> None:
        self.phase = Phase.IDLE
        self.results: Mapping[str, Result] | None = None
        self.reported: dict[str, Result] = {}
        self.waiting_for = ""
        self.blockers: tuple[Blocker, ...] = ()
        self.ended: list[str] = []

    def cancel(self) -> None:
        self.ended.append("cancelled")

    def wait(self) -> None:
        self.ended.append("gone")


class SimulatedExecutor:
    """Starts one simulated run."""

    def __init__(self) -> None:
        self.run = SimulatedRun()
        self.asked: list[Request] = []

    def start(self, request: Request) -> SimulatedRun:
        self.asked.append(request)
        return self.run


def node(state: NodeState = NodeState.WORKING) -> Node:
    return Node(
        name="w-1",
        uid="1",
        created=NOW,
        labels={},
        address="10.0.0.1",
        ready=True,
        pressured=False,
        unschedulable=False,
        cordoned_by_controller=False,
        held=False,
        status=MachineConfigNodeStatus(
            state=state, current_config=CONFIG, desired_config=CONFIG, pool="worker"
        ),
    )


@pytest.fixture
def executor() -> SimulatedExecutor:
    return SimulatedExecutor()


@pytest.fixture
def updates(executor: SimulatedExecutor) -> Updates:
    started = Updates(executor, Settings())
    started.start(node(), _config(), snapshot(), 1, NOW)
    return started


@pytest.fixture
def checks(executor: SimulatedExecutor) -> Checks:
    started = Checks(executor, Settings())
    for moment in (NOW, NOW + INTERVAL):
        started.start([node(NodeState.DONE)], snapshot(), TARGETS, 1, moment)
    return started


def snapshot() -> Snapshot:
    return Snapshot(machine_configs=(_config(), _config(ANOTHER)))


def _config(name: str = CONFIG) -> MachineConfig:
    return MachineConfig.model_validate({"metadata": {"name": name}})


def news(updates: Updates) -> list[str]:
    return [change.status.reason for _, change in updates.poll({"w-1": node()}, NOW).changes]


def test_a_run_that_ends_while_its_phase_is_written_down_is_not_forgotten(
    updates: Updates, executor: SimulatedExecutor
) -> None:
    executor.run.phase = Phase.APPLY
    for _ in updates.poll({"w-1": node()}, NOW).changes:
        executor.run.results = {
            "w-1": Result(succeeded=False, phase=Phase.APPLY, cause="disk full")
        }
        updates.acknowledge("w-1")

    assert news(updates) == ["Apply failed: disk full"]


def test_what_a_run_came_to_says_nothing_of_another_node_of_the_same_name(
    updates: Updates, executor: SimulatedExecutor
) -> None:
    another = dataclasses.replace(node(), uid="2")

    assert updates.poll({"w-1": another}, NOW).changes == ()
    assert executor.run.ended == ["cancelled"]
    assert updates.runs().runs.under_way, "until it has ended, there is no other run"

    executor.run.results = {"w-1": Result(succeeded=True, phase=Phase.UNCORDON)}
    assert updates.poll({"w-1": another}, NOW).changes == ()
    assert not updates.runs().runs.under_way


def test_the_run_of_a_node_that_cannot_be_read_goes_on_until_it_can_be(
    updates: Updates, executor: SimulatedExecutor
) -> None:
    assert updates.poll({}, NOW, {"w-1"}).changes == ()
    executor.run.results = {"w-1": Result(succeeded=True, phase=Phase.UNCORDON)}
    assert updates.poll({}, NOW, {"w-1"}).changes == ()

    assert not executor.run.ended
    assert updates.runs().runs.under_way == {"w-1"}
    [(_, change)] = updates.poll({"w-1": node()}, NOW).changes
    assert change.status.state is NodeState.DONE


def test_an_apply_that_the_node_itself_put_back_is_none(
    updates: Updates, executor: SimulatedExecutor
) -> None:
    found = {"rollback": {"changed": True, "config": CONFIG, "settled": True}}
    executor.run.results = {
        "w-1": Result(succeeded=False, phase=Phase.APPLY, cause="disk full", findings=found)
    }

    [(_, change)] = updates.poll({"w-1": node()}, NOW).changes

    assert (change.status.state, change.status.applied) == (NodeState.DEGRADED, False)


def test_the_mark_of_our_cordon_goes_with_the_run_that_has_uncordoned_the_node(
    executor: SimulatedExecutor,
) -> None:
    marked = node_status.with_cordon_mark(node().status, "mark")
    updates = started(executor, dataclasses.replace(node(), status=marked), "1h")
    executor.run.results = {"w-1": Result(succeeded=True, phase=Phase.UNCORDON)}

    [(_, change)] = updates.poll({"w-1": dataclasses.replace(node(), status=marked)}, NOW).changes

    assert (change.status.state, change.status.cordon_mark) == (NodeState.DONE, "")


def test_what_could_not_be_given_back_is_told_with_the_end_of_the_update(
    updates: Updates, executor: SimulatedExecutor
) -> None:
    kept = {"name": "/etc/a", "cause": "it is immutable", "remedy": "unlock it"}
    executor.run.results = {
        "w-1": Result(succeeded=True, findings={"verify": {"unreturned": [kept]}})
    }

    [(_, change)] = updates.poll({"w-1": node()}, NOW).changes

    assert change.status.state is NodeState.DONE
    assert change.warning
    assert change.message.endswith("/etc/a was not given back: it is immutable (unlock it)")
    assert [each.name for each in change.status.unreturned] == ["/etc/a"]


def test_what_a_run_came_to_is_told_until_it_is_written_down(
    updates: Updates, executor: SimulatedExecutor
) -> None:
    executor.run.results = {"w-1": Result(succeeded=False, phase=Phase.APPLY, cause="disk full")}

    assert news(updates) == news(updates)
    updates.acknowledge("w-1")
    assert news(updates) == []


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
    ids=["a failure", "a passing cause", "a blocked drain", "success"],
)
def test_only_a_failure_makes_a_node_degraded(
    updates: Updates, executor: SimulatedExecutor, result: Result, state: NodeState
) -> None:
    executor.run.results = {"w-1": result}

    found = [change.status.state for _, change in updates.poll({"w-1": node()}, NOW).changes]

    assert found == [state]


def test_a_passing_cause_is_tried_again_after_growing_pauses(
    updates: Updates, executor: SimulatedExecutor
) -> None:
    executor.run.results = {"w-1": Result(succeeded=False, phase=Phase.VERIFY, transient=True)}
    pauses = []
    for _ in range(3):
        news(updates)
        pauses.append(updates.runs().runs.not_before["w-1"] - NOW)

    assert timedelta() < pauses[0] < pauses[1] < pauses[2]


def refused(updates: Updates, executor: SimulatedExecutor, *, by: int) -> MachineConfigNodeStatus:
    """What becomes of a node whose record refuses a run of the leader's number 3."""
    updates.cancel()
    updates.start(node(), _config(), snapshot(), 3, NOW)
    executor.run.results = {
        "w-1": Result(succeeded=False, phase=Phase.PREFLIGHT, refused_by_fence=by, transient=True)
    }
    [(_, change)] = updates.poll({"w-1": node()}, NOW).changes
    executor.run.results = None
    return change.status


@pytest.mark.parametrize("number", [4, 57, 2**30 - 1, 2**53 - 3], ids=str)
def test_a_node_whose_record_has_seen_higher_numbers_is_given_one_above_them_from_then_on(
    updates: Updates, executor: SimulatedExecutor, number: int
) -> None:
    status = refused(updates, executor, by=number)

    assert status.state is NodeState.WORKING, "which is no failure"
    for leader in (3, 4):
        updates.cancel()
        seen = dataclasses.replace(node(), status=status)
        updates.start(seen, _config(), snapshot(), leader, NOW)
        assert executor.asked[-1].fence == number + leader - 2, "and that of the next leader higher"


def test_what_one_node_says_of_its_number_moves_that_of_no_other_node(
    updates: Updates, executor: SimulatedExecutor
) -> None:
    refused(updates, executor, by=2**30 - 1)

    updates.start(dataclasses.replace(node(), name="w-2"), _config(), snapshot(), 3, NOW)

    assert executor.asked[-1].fence == 3


@pytest.mark.parametrize("number", [-1, 1, 3, 2**53 - 1, 2**63, 10**40], ids=str)
def test_a_number_that_makes_no_sense_is_a_failure_of_the_node_with_the_way_out(
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
    cause="admin gave all originals back by hand at 2026-01-02 03:04:05 UTC, of rendered-a",
    remedy="run playbooks/update.yml by hand to take the node in again",
)


def test_a_node_that_was_restored_by_hand_is_left_alone_with_who_when_and_what_to_do(
    updates: Updates, executor: SimulatedExecutor
) -> None:
    executor.run.results = {"w-1": RESTORED}

    [(_, change)] = updates.poll({"w-1": node()}, NOW).changes

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
    ids=["success", "a failure", "a passing cause", "it goes on"],
)
def test_a_run_whose_machine_config_node_is_deleted_meanwhile_loses_nothing_of_it(
    executor: SimulatedExecutor, result: Result | None, state: NodeState
) -> None:
    status = node().status.model_copy(
        update={"attempt": "1", "last_handled_requests": Requests(recover="r")}
    )
    updates = Updates(executor, Settings())
    given = dataclasses.replace(node(), status=status)
    updates.start(given, _config(), snapshot(), 1, NOW)
    executor.run.phase = Phase.APPLY
    executor.run.results = {"w-1": result} if result else None
    deleted = dataclasses.replace(node(), status=MachineConfigNodeStatus())

    [(seen, change)] = updates.poll({"w-1": deleted}, NOW).changes

    assert seen is deleted, "what is written is compared with what is there"
    assert (change.status.state, change.status.desired_config) == (state, CONFIG)
    assert (change.status.pool, change.status.attempt) == ("worker", "1")
    assert change.status.last_handled_requests.recover == "r", (
        "what was answered is not asked again"
    )
    assert CONFIG in change.message or state is not NodeState.DONE


def test_all_runs_are_told_to_end_before_any_is_waited_for(executor: SimulatedExecutor) -> None:
    order: list[str] = []
    executor.run.ended = order
    updates = Updates(executor, Settings())
    for name in ("w-1", "w-2"):
        updates.start(dataclasses.replace(node(), name=name), _config(), snapshot(), 1, NOW)

    updates.cancel()

    assert order == ["cancelled", "cancelled", "gone", "gone"]
    assert not updates.runs().runs.under_way


@pytest.mark.parametrize(
    "found",
    [
        {},
        {"check": {}},
        {"check": {"differences": [{}]}},
        {"check": {"differences": "ab"}},
        {"check": {"differences": [{"path": "/" * 5000, "what": "content"}]}},
        {"check": {"differences": [{"path": "/a", "what": 7}]}},
    ],
)
def test_an_answer_that_makes_no_sense_is_told_and_held_against_nobody(
    checks: Checks, executor: SimulatedExecutor, found: dict[str, Any]
) -> None:
    executor.run.results = {"w-1": Result(succeeded=True, phase=Phase.IDLE, findings=found)}

    [(_, change)] = checks.poll({"w-1": node(NodeState.DONE)}, NOW).changes

    assert (change.status.state, change.event_reason) == (NodeState.DONE, "NotChecked")
    assert change.message.startswith("it answered what makes no sense; ")


def test_what_a_check_found_of_a_node_that_is_updated_meanwhile_is_dropped(
    checks: Checks, executor: SimulatedExecutor
) -> None:
    executor.run.results = {"w-1": DRIFTED}

    assert checks.poll({"w-1": node(NodeState.WORKING)}, NOW).changes == ()
    assert checks.poll({"w-1": node(NodeState.DONE)}, NOW).changes == (), "it says what was before"


def test_what_a_check_found_before_an_update_that_came_and_went_is_dropped(
    checks: Checks, executor: SimulatedExecutor
) -> None:
    """Its target changed twice, so that it is on the config of the beginning again."""
    found = {"check": {"differences": [], "config": ANOTHER}}
    executor.run.results = {"w-1": Result(succeeded=True, findings=found)}
    there, back = node(NodeState.DONE), node(NodeState.DONE).status
    later = dataclasses.replace(there, status=back.model_copy(update={"attempt": "a later one"}))

    assert checks.poll({"w-1": later}, NOW).changes == ()


def test_a_config_that_this_pass_has_made_is_not_gone(executor: SimulatedExecutor) -> None:
    checks, made = Checks(executor, Settings()), "rendered-worker-0000000000000000"
    status = node(NodeState.DONE).status.model_copy(update={"current_config": made})
    renamed = dataclasses.replace(node(), status=status)

    checks.start([renamed], snapshot(), {"worker": made}, 1, NOW)

    assert checks.poll({"w-1": renamed}, NOW).changes == ()


def test_a_node_whose_update_failed_is_seen_when_a_person_has_put_it_right(
    executor: SimulatedExecutor,
) -> None:
    failed = node_status.on_failed(node().status, Phase.VERIFY, "it does not work", "mend it", NOW)
    checks, stuck = Checks(executor, Settings()), dataclasses.replace(node(), status=failed)
    for moment in (NOW, NOW + INTERVAL):
        checks.start([stuck], snapshot(), TARGETS, 1, moment)
    found = {"check": {"differences": [], "config": CONFIG, "by_hand": True, "settled": True}}
    executor.run.results = {"w-1": Result(succeeded=True, findings=found)}

    [(_, change)] = checks.poll({"w-1": stuck}, NOW).changes

    assert (change.event_reason, change.status.state, change.status.reason) == (
        "ByHand",
        NodeState.DONE,
        "",
    )


def test_what_a_check_has_found_is_told_until_it_is_written_down(
    checks: Checks, executor: SimulatedExecutor
) -> None:
    executor.run.results = {"w-1": DRIFTED}
    nodes = {"w-1": node(NodeState.DONE)}

    for _ in range(2):
        assert [each.message for _, each in checks.poll(nodes, NOW).changes] == [
            "drift: /etc/a (content)"
        ]
    checks.acknowledge("w-1")
    assert checks.poll(nodes, NOW).changes == ()


def test_a_node_that_answers_does_not_wait_for_one_that_hangs(
    checks: Checks, executor: SimulatedExecutor
) -> None:
    executor.run.reported["w-1"] = DRIFTED

    assert [
        each.event_reason for _, each in checks.poll({"w-1": node(NodeState.DONE)}, NOW).changes
    ] == ["Drift"]


def test_a_node_that_cannot_be_reached_is_unknown_and_not_degraded_and_says_when_it_was_right(
    checks: Checks, executor: SimulatedExecutor
) -> None:
    right = {"check": {"differences": [], "config": CONFIG}}
    executor.run.results = {"w-1": Result(succeeded=True, findings=right)}
    [(_, change)] = checks.poll({"w-1": node(NodeState.DONE)}, NOW).changes
    seen = dataclasses.replace(node(), status=change.status)
    checks.acknowledge("w-1")
    assert checks.poll({"w-1": seen}, NOW).changes == ()
    executor.run = SimulatedRun()
    checks.start([seen], snapshot(), TARGETS, 1, NOW + 3 * INTERVAL)
    executor.run.results = {"w-1": Result(succeeded=False, unreachable=True, cause="no route")}

    [(_, change)] = checks.poll({"w-1": seen}, NOW + 3 * INTERVAL).changes

    assert change.status.state is NodeState.DONE
    assert change.message == "no route; last seen right at 2030-01-01 00:00:00 UTC"
    assert dataclasses.replace(seen, status=change.status).not_checked


def test_a_run_that_hangs_is_ended_and_who_has_not_answered_is_unknown(
    checks: Checks, executor: SimulatedExecutor
) -> None:
    nodes = {"w-1": node(NodeState.DONE)}
    checks.poll(nodes, NOW + 2 * INTERVAL)
    assert executor.run.ended == []
    checks.poll(nodes, NOW + 5 * INTERVAL)
    assert executor.run.ended == ["cancelled"]


def test_who_asks_for_a_check_is_answered_also_where_nothing_is_checked(checks: Checks) -> None:
    asks = dataclasses.replace(node(NodeState.WORKING), requests=Requests(check="now"))

    [(_, change)] = checks.poll({"w-1": asks}, NOW).changes

    assert change.status.last_handled_requests.check == "now"


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (ANOTHER, (NodeState.DONE, ANOTHER, "")),
        ("ignition-0123", (NodeState.DEGRADED, CONFIG, f"drift: {RECORD} (on ignition-0123)")),
        ("", (NodeState.DEGRADED, CONFIG, f"drift: {RECORD} (on no config)")),
    ],
    ids=["a config that is known", "one that nobody knows", "none, for it was restored"],
)
def test_what_a_person_has_done_by_hand_is_seen_by_the_next_check(
    checks: Checks,
    executor: SimulatedExecutor,
    config: str,
    expected: tuple[NodeState, str, str],
) -> None:
    findings = {"check": {"differences": [], "config": config, "by_hand": True}}
    executor.run.results = {"w-1": Result(succeeded=True, phase=Phase.IDLE, findings=findings)}

    [(_, change)] = checks.poll({"w-1": node(NodeState.DONE)}, NOW).changes

    status = change.status
    assert (status.state, status.current_config, status.reason) == expected


def test_while_a_check_hangs_nobody_is_in_a_hurry(
    checks: Checks, executor: SimulatedExecutor
) -> None:
    del executor
    other = dataclasses.replace(node(NodeState.DONE), name="w-2", uid="2")
    late = NOW + 3 * INTERVAL
    checks.start([node(NodeState.DONE), other], snapshot(), TARGETS, 1, late - INTERVAL)
    checks.start([node(NodeState.DONE), other], snapshot(), TARGETS, 1, late)

    assert checks.next_due is None, "the end of the run wakes us"


def test_a_node_is_in_one_check_at_a_time(checks: Checks, executor: SimulatedExecutor) -> None:
    first, executor.run = executor.run, SimulatedRun()
    asks = dataclasses.replace(node(NodeState.DONE), requests=Requests(check="now"))
    checks.start([asks], snapshot(), TARGETS, 1, NOW + INTERVAL)
    executor.run.results = {"w-1": DRIFTED}
    assert checks.poll({"w-1": asks}, NOW).changes == (), "it was not taken into a second one"

    first.results = {"w-1": DRIFTED}
    assert [each.event_reason for _, each in checks.poll({"w-1": asks}, NOW).changes] == ["Drift"]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"address": "nowhere at all"}, "'nowhere at all' is no address"),
        ({"status": node(NodeState.DONE).status.model_copy(update={"current_config": "x"})}, "x"),
    ],
    ids=["no address", "its config is gone"],
)
def test_a_node_that_cannot_be_looked_at_says_so_and_holds_up_no_other(
    executor: SimulatedExecutor, change: dict[str, Any], why: str
) -> None:
    checks, well = Checks(executor, Settings()), node(NodeState.DONE)
    asks = dataclasses.replace(well, name="w-2", uid="2", requests=Requests(check="now"), **change)
    for moment in (NOW, NOW + INTERVAL):
        checks.start([well, asks], snapshot(), TARGETS, 1, moment)
    executor.run.results = {"w-1": DRIFTED, "w-2": Result(succeeded=False, cause="refused")}

    found = {each.name: told for each, told in checks.poll({"w-1": well, "w-2": asks}, NOW).changes}

    assert found["w-1"].event_reason == "Drift"
    assert found["w-2"].message.startswith(why)
    assert found["w-2"].status.last_handled_requests.check == "now"


def test_drift_is_adopted_only_as_long_as_the_node_is_what_the_config_in_force_says(
    executor: SimulatedExecutor,
) -> None:
    checks, there, force = Checks(executor, Settings()), snapshot(), {"worker": ANOTHER}
    found = [Drift(path="/etc/a", kind="content")]
    seen = dataclasses.replace(
        node(), status=node_status.on_checked(node(NodeState.DONE).status, found, NOW)
    )
    same = Result(succeeded=True, findings={"check": {"differences": [], "config": CONFIG}})

    for result, adopted in ((same, {"1": ANOTHER}), (DRIFTED, {})):
        executor.run = SimulatedRun()
        checks.start([seen], there, force, 1, NOW)
        executor.run.results = {"w-1": result}
        checks.poll({"w-1": seen}, NOW)
        assert checks.matching == adopted
        # The next look at its own config makes it be held against the other one again.
        executor.run = SimulatedRun()
        checks.start([seen], there, force, 1, NOW + INTERVAL * 2)
        executor.run.results = {"w-1": DRIFTED}
        checks.poll({"w-1": seen}, NOW)


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
    """Return a cluster whose pool gives a drain so long."""
    spec = {"drain": {"timeout": timeout}}
    pool = MachineConfigPool.model_validate({"metadata": {"name": "worker"}, "spec": spec})
    return dataclasses.replace(snapshot(), pools=(pool,))


def started(executor: SimulatedExecutor, drained: Node, timeout: str) -> Updates:
    updates = Updates(executor, Settings())
    updates.start(drained, _config(), with_timeout(timeout), 1, NOW)
    return updates


@pytest.mark.parametrize(
    ("drained", "gives_back"),
    [
        pytest.param(node(), False, id="its drain has not begun"),
        pytest.param(draining(NOW - timedelta(minutes=59)), False, id="it has time left"),
        pytest.param(draining(NOW - timedelta(minutes=60)), True, id="its time is up"),
    ],
)
def test_the_last_attempt_of_a_drain_gives_the_node_back(
    executor: SimulatedExecutor, drained: Node, *, gives_back: bool
) -> None:
    started(executor, drained, "1h")

    assert executor.asked[-1].variables["drain_gives_back"] is gives_back
    assert executor.asked[-1].pool
    assert executor.asked[-1].pool["spec"]["drain"] == {"timeout": "1h"}


def test_a_blocked_drain_is_tried_again_when_its_time_is_up_at_the_latest(
    executor: SimulatedExecutor,
) -> None:
    drained = draining(NOW - timedelta(seconds=50))
    updates = started(executor, drained, "1m")
    executor.run.results = {"w-1": BLOCKED}

    [(_, change)] = updates.poll({"w-1": drained}, NOW).changes

    assert (change.event_reason, change.status.blocked_by) == ("DrainBlocked", BLOCKED.blockers)
    assert updates.runs().runs.not_before["w-1"] == NOW + timedelta(seconds=10)


@pytest.mark.parametrize(
    ("reason", "warning"), [(BlockReason.FINALIZER, True), (BlockReason.GRACE_PERIOD, False)]
)
def test_what_a_drain_waits_for_is_told_once_while_its_run_goes_on(
    executor: SimulatedExecutor, reason: BlockReason, *, warning: bool
) -> None:
    drained = draining(NOW - timedelta(seconds=6))
    updates = started(executor, drained, "1h")
    executor.run.phase = Phase.DRAIN
    executor.run.blockers = (Blocker(pod="shop/web", reason=reason, message="is ending"),)

    [(_, change)] = updates.poll({"w-1": drained}, NOW).changes

    assert (change.event_reason, change.warning) == ("DrainWaits", warning)
    assert change.message == "drain waits: shop/web (is ending)"
    assert change.status.blocked_by == executor.run.blockers
    told = dataclasses.replace(drained, status=change.status)
    assert not updates.poll({"w-1": told}, NOW).changes
    assert updates.runs().runs.under_way == {"w-1"}


def test_a_drain_whose_time_is_up_and_that_could_not_give_back_rests_as_any_other(
    executor: SimulatedExecutor,
) -> None:
    drained = draining(NOW - timedelta(minutes=5))
    updates = started(executor, drained, "1m")
    executor.run.results = {"w-1": BLOCKED}

    updates.poll({"w-1": drained}, NOW)

    assert updates.runs().runs.not_before["w-1"] == NOW + timedelta(seconds=Settings().drain_retry)


@pytest.mark.parametrize("field", ["applied", "unproven"])
def test_a_node_on_which_something_is_not_proven_is_never_given_back(
    executor: SimulatedExecutor, field: str
) -> None:
    status = node().status.model_copy(update={field: True})

    started(executor, dataclasses.replace(node(), status=status), "1h")

    assert executor.asked[-1].variables["drain_keeps"] is True


def test_it_is_left_to_preflight_whether_any_other_node_may_be_given_back(
    executor: SimulatedExecutor,
) -> None:
    started(executor, node(), "1h")

    assert "drain_keeps" not in executor.asked[-1].variables


def test_a_node_that_its_run_gave_back_is_told_and_degraded(executor: SimulatedExecutor) -> None:
    updates = started(executor, node(), "1h")
    executor.run.results = {"w-1": dataclasses.replace(BLOCKED, given_back=True)}

    [(_, change)] = updates.poll({"w-1": node()}, NOW).changes

    assert (change.event_reason, change.status.state) == ("DrainAbandoned", NodeState.DEGRADED)
    assert change.status.blocked_by == BLOCKED.blockers


SILENCE = "waits for the node's answer for 30 s now, of 5 min at most"


def waiting(updates: Updates, executor: SimulatedExecutor) -> Node:
    """Return a node whose run has waited for it so long that it is told."""
    executor.run.phase, executor.run.waiting_for = Phase.PREFLIGHT, SILENCE
    [(_, change)] = updates.poll({"w-1": node()}, NOW).changes
    assert (change.status.phase, change.event_reason) == (Phase.PREFLIGHT, "AwaitsAnswer")
    assert change.status.reason == f"Preflight: {SILENCE}"
    return dataclasses.replace(node(), status=change.status)


def test_a_node_that_keeps_its_run_waiting_says_in_which_phase_and_for_what(
    updates: Updates, executor: SimulatedExecutor
) -> None:
    waits = waiting(updates, executor)

    assert updates.poll({"w-1": waits}, NOW).changes == (), "it is told once"


def test_a_node_that_answers_after_all_says_so_by_its_phase_alone(
    updates: Updates, executor: SimulatedExecutor
) -> None:
    waits = waiting(updates, executor)
    executor.run.phase, executor.run.waiting_for = Phase.CORDON, ""

    [(_, change)] = updates.poll({"w-1": waits}, NOW).changes

    assert (change.status.phase, change.status.reason) == (Phase.CORDON, "")


def test_what_is_worse_than_silence_is_not_hidden_by_it(
    updates: Updates, executor: SimulatedExecutor
) -> None:
    status = node().status.model_copy(update={"reason": "Apply failed: disk full"})
    executor.run.phase, executor.run.waiting_for = Phase.IDLE, SILENCE

    assert updates.poll({"w-1": dataclasses.replace(node(), status=status)}, NOW).changes == ()


def test_a_phase_that_lasts_is_shown_though_nothing_else_happens(
    executor: SimulatedExecutor,
) -> None:
    executor.run.phase = Phase.PREFLIGHT
    updates = started(executor, node(), "1h")
    assert updates.poll({"w-1": node()}, NOW).changes == ()

    due = updates.next_due
    assert due
    [(_, change)] = updates.poll({"w-1": node()}, due).changes

    assert change.status.phase is Phase.PREFLIGHT


SHORT = Result(
    succeeded=False, phase=Phase.APPLY, cause="no room", transient=True, shortage="has no room"
)


def test_for_what_the_controller_lacks_an_updated_node_is_neither_blamed_nor_held_up(
    updates: Updates, executor: SimulatedExecutor
) -> None:
    executor.run.results = {"w-1": SHORT}

    for _ in range(5):
        [(_, change)] = updates.poll({"w-1": node()}, NOW).changes

    status = change.status
    assert (status.state, status.reason, change.event_reason) == (NodeState.WORKING, "", "")
    assert status.applied, "it may be"
    assert updates.poll({"w-1": node()}, NOW).shortage == "has no room"
    assert updates.runs().runs.not_before["w-1"] <= NOW + timedelta(seconds=5)


def test_for_what_the_controller_lacks_no_node_is_called_unchecked(
    checks: Checks, executor: SimulatedExecutor
) -> None:
    executor.run.results = {"w-1": SHORT}
    nodes = {"w-1": node(NodeState.DONE)}

    assert checks.poll(nodes, NOW) == Progress(shortage="has no room")
    checks.start(nodes.values(), snapshot(), TARGETS, 1, NOW)
    assert checks.next_due
    assert checks.next_due <= NOW + timedelta(seconds=10)


def test_nodes_for_whose_check_the_controller_lacks_something_stay_due(
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

    assert len(executor.asked) == 1


ANSWERS = st.dictionaries(
    st.sampled_from(["cause", "remedy", "msg", "stderr", "fence", "config", "differences", "left"])
    | st.sampled_from(["unreturned", "settled", "changed", "boot_id", "machine_id", "moved"])
    | st.text(),
    st.recursive(
        st.none() | st.integers() | st.text() | st.sampled_from(["\x1b[2J", "\u202e", "a\nb"]),
        lambda values: (
            st.lists(values)
            | st.dictionaries(st.sampled_from(["path", "what", "name", "cause"]), values)
        ),
        max_leaves=8,
    ),
)
ROLES = st.sampled_from(["preflight", "apply", "rollback", "verify", "check"])
KINDS = st.sampled_from(["runner_on_ok", "runner_on_failed", "runner_on_unreachable"])


@given(answers=st.lists(st.tuples(KINDS, ROLES, ANSWERS), max_size=4), well=st.booleans())
def test_whatever_a_node_answers_what_is_written_of_it_is_harmless_and_as_the_api_takes_it(
    answers: list[tuple[str, str, Any]], *, well: bool
) -> None:
    lines = [
        json.loads(_harmless(line))
        for kind, role, res in answers
        if (
            line := _line(
                kind, {"host": "w-1", "role": role, "task_action": "machineconfig", "res": res}
            )
        )
    ]
    end = {"stats": {"processed": {"w-1": 1}, "failures": {} if well else {"w-1": 1}, "dark": {}}}
    executor = SimulatedExecutor()
    updates, checks = Updates(executor, Settings()), Checks(executor, Settings())
    updates.start(node(), _config(), snapshot(), 1, NOW)
    for moment in (NOW, NOW + INTERVAL):
        checks.start([node(NodeState.DONE)], snapshot(), TARGETS, 1, moment)
    executor.run.results = {"w-1": _result("w-1", [*lines, end], Phase.PREFLIGHT)}

    changes = [change for _, change in updates.poll({"w-1": node()}, NOW).changes]
    changes += [change for _, change in checks.poll({"w-1": node(NodeState.DONE)}, NOW).changes]

    for change in changes:
        written = change.status.to_api()
        MachineConfigNodeStatus.model_validate(written)
        assert all(each.isprintable() for each in texts([written, change.message]))
