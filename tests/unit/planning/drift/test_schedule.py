"""When nodes are checked for drift, and in which run."""

from datetime import timedelta
from typing import Any

from controller.api.machine_config_node import Requests
from controller.planning import node_status
from controller.planning.drift import schedule
from controller.planning.drift.node_check import Batch, NodeCheck
from controller.planning.node import Node
from tests.unit.planning import build
from tests.unit.planning.build import NEW, NEWER, NOW, OLD, node

INTERVAL = timedelta(minutes=5)
CONFIGS = {OLD, NEW, NEWER}
NodeChecks = dict[str, NodeCheck]


def first(*nodes: Node) -> NodeChecks:
    """Return the checks of nodes that were unknown."""
    return {each.uid: NodeCheck.first(each, INTERVAL, NOW) for each in nodes}


def chosen(nodes: list[Node], checks: NodeChecks, after: timedelta) -> dict[str, str]:
    """Return the nodes that are checked then, with their batch."""
    now = NOW + after
    seen = {each.uid: checks[each.uid].observed(each, "", CONFIGS, INTERVAL, now) for each in nodes}
    batches = schedule.batches(nodes, seen, INTERVAL, now)
    return {each.name: batch for batch, members in batches.items() for each in members}


def test_each_node_is_checked_once_an_interval_at_a_time_of_its_own() -> None:
    nodes = [node(f"w-{number}") for number in range(100)]
    checks, runs, checked = first(*nodes), 0, list[str]()
    for second in range(0, 300, 5):
        now = NOW + timedelta(seconds=second)
        for batch in schedule.batches(nodes, checks, INTERVAL, now).values():
            runs += 1
            checked += [each.name for each in batch]
            assert len(batch) < 20, "they are spread over the interval"
            for each in batch:
                checks[each.uid] = checks[each.uid].started(each, INTERVAL, now).abandoned()

    assert sorted(set(checked)) == sorted(each.name for each in nodes)
    assert len(checked) < 110
    assert runs <= 21, "and yet many are checked in one run"


def test_the_next_check_comes_an_interval_later_but_for_a_little() -> None:
    one = node("a")
    due = {
        first(one)[one.uid].started(one, INTERVAL, NOW + timedelta(seconds=seconds)).next_due
        - timedelta(seconds=seconds)
        for seconds in range(50)
    }

    assert len(due) > 40
    assert all(abs(each - NOW - INTERVAL) <= INTERVAL / 20 for each in due)


def test_a_restart_of_the_controller_does_not_check_all_nodes_at_once() -> None:
    nodes = [node(f"w-{number}") for number in range(20)]

    assert len(chosen(nodes, first(*nodes), timedelta(0))) < 5


def test_a_node_that_is_ready_again_is_checked_at_once() -> None:
    away = first(node("a", ready=False))

    assert chosen([node("a", ready=False)], away, timedelta(seconds=1)) == {}
    assert chosen([node("a")], away, timedelta(seconds=1)) == {"a": Batch.URGENT}


def test_a_node_that_reports_another_boot_is_checked_at_once() -> None:
    before = first(node("a", boot_id="1"))

    assert chosen([node("a", boot_id="2")], before, timedelta(seconds=1)) == {"a": Batch.URGENT}


def test_a_node_with_a_request_is_checked_at_once_and_only_once() -> None:
    asks = node("a", requests=Requests(check="nonce"))
    assert chosen([asks], first(asks), timedelta(0)) == {"a": Batch.URGENT}

    answered = node_status.with_handled(build.done(), check="nonce")
    recorded = node("a", answered, requests=Requests(check="nonce"))
    assert chosen([recorded], first(recorded), timedelta(0)) == {}


def test_nodes_that_may_not_answer_are_checked_apart() -> None:
    unknown = node_status.on_not_checked(build.done(), "no route", None, NOW)
    nodes = [node("well"), node("away", ready=False), node("unknown", unknown)]

    found = chosen(nodes, first(*nodes), INTERVAL)

    assert found == {
        "well": Batch.REGULAR,
        "away": Batch.UNRESPONSIVE,
        "unknown": Batch.UNRESPONSIVE,
    }


def test_a_node_in_an_update_or_held_is_not_checked() -> None:
    cases: list[dict[str, Any]] = [
        {"status": build.working()},
        {"held": True},
        {"held": True, "status": build.failed()},
        {"status": build.UNKNOWN},
    ]
    nodes = [node(f"w-{number}", **case) for number, case in enumerate(cases)]

    assert chosen(nodes, first(*nodes), 2 * INTERVAL) == {}


def test_a_node_whose_update_failed_is_checked_apart() -> None:
    failed = node("a", build.failed(NEW))

    assert chosen([failed], first(failed), 2 * INTERVAL) == {"a": Batch.UNRESPONSIVE}
