"""When nodes are checked for drift, and with whom."""

from datetime import timedelta
from typing import Any

from controller.api.machine_config_node import Requests
from controller.planning import node_status
from controller.planning.drift import schedule
from controller.planning.drift.schedule import Batch, Look
from controller.planning.node import Node
from tests.unit.planning import build
from tests.unit.planning.build import NEW, NOW, OLD, node

INTERVAL = timedelta(minutes=5)
Looks = dict[str, Look]


def chosen(nodes: list[Node], seen: Looks, after: timedelta) -> dict[str, str]:
    """Who is looked at then, with the batch."""
    now = NOW + after
    batches = schedule.batches(nodes, schedule.looks(nodes, seen, {}, INTERVAL, now), INTERVAL, now)
    return {each.name: batch for batch, nodes in batches.items() for each in nodes}


def seen(*nodes: Node) -> Looks:
    """What is remembered of nodes that are seen for the first time."""
    return schedule.looks(nodes, {}, {}, INTERVAL, NOW)


def test_each_node_is_looked_at_once_an_interval_at_a_time_of_its_own() -> None:
    nodes = [node(f"w-{number}") for number in range(100)]
    looks, runs, looked = seen(*nodes), 0, list[str]()
    for second in range(0, 300, 5):
        now = NOW + timedelta(seconds=second)
        for batch in schedule.batches(nodes, looks, INTERVAL, now).values():
            runs += 1
            looked += [each.name for each in batch]
            assert len(batch) < 20, "they are spread over the interval"
            for each in batch:
                looks[each.uid] = schedule.after(looks[each.uid], each, INTERVAL, now)

    assert sorted(set(looked)) == sorted(each.name for each in nodes)
    assert len(looked) < 110
    assert runs <= 21, "and yet many are looked at in one run"


def test_the_next_look_comes_an_interval_later_but_for_a_little() -> None:
    one = node("a")
    due = {
        schedule.after(seen(one)[one.uid], one, INTERVAL, NOW + timedelta(seconds=seconds)).due
        - timedelta(seconds=seconds)
        for seconds in range(50)
    }

    assert len(due) > 40
    assert all(abs(each - NOW - INTERVAL) <= INTERVAL / 20 for each in due)


def test_a_restart_of_the_controller_checks_nobody_at_once() -> None:
    nodes = [node(f"w-{number}") for number in range(20)]

    assert len(chosen(nodes, seen(*nodes), timedelta(0))) < 5


def test_a_node_that_is_ready_again_is_looked_at_at_once() -> None:
    away = seen(node("a", ready=False))

    assert chosen([node("a", ready=False)], away, timedelta(seconds=1)) == {}
    assert chosen([node("a")], away, timedelta(seconds=1)) == {"a": Batch.AT_ONCE}


def test_a_node_that_reports_another_boot_is_looked_at_at_once() -> None:
    before = seen(node("a", boot_id="1"))

    assert chosen([node("a", boot_id="2")], before, timedelta(seconds=1)) == {"a": Batch.AT_ONCE}


def test_who_asks_is_looked_at_at_once_and_only_once() -> None:
    asks = node("a", requests=Requests(check="word"))
    assert chosen([asks], seen(asks), timedelta(0)) == {"a": Batch.AT_ONCE}

    answered = node_status.with_handled(build.done(), check="word")
    told = node("a", answered, requests=Requests(check="word"))
    assert chosen([told], seen(told), timedelta(0)) == {}


def test_those_that_are_silent_are_looked_at_apart() -> None:
    unknown = node_status.on_not_checked(build.done(), "no route", None, NOW)
    nodes = [node("well"), node("away", ready=False), node("unknown", unknown)]

    found = chosen(nodes, seen(*nodes), INTERVAL)

    assert found == {"well": Batch.REGULAR, "away": Batch.SILENT, "unknown": Batch.SILENT}


def test_nobody_is_looked_at_who_is_in_an_update_or_held() -> None:
    cases: list[dict[str, Any]] = [
        {"status": build.working()},
        {"held": True},
        {"held": True, "status": build.failed()},
        {"status": build.UNKNOWN},
    ]
    nodes = [node(f"w-{number}", **case) for number, case in enumerate(cases)]

    assert chosen(nodes, seen(*nodes), 2 * INTERVAL) == {}


def test_a_node_whose_update_failed_is_held_against_what_it_was_to_be() -> None:
    stuck = node("a", build.failed(NEW))
    look = seen(stuck)[stuck.uid]

    assert chosen([stuck], {stuck.uid: look}, 2 * INTERVAL) == {"a": Batch.SILENT}
    assert schedule.held_against(look, stuck) == NEW


def test_a_drifted_node_is_held_once_against_a_config_that_comes_into_force() -> None:
    drifted = node("a", build.drifted(OLD))
    targets = {"worker": NEW}

    first = schedule.looks([drifted], {}, targets, INTERVAL, NOW)[drifted.uid]
    assert (first.at_once, schedule.held_against(first, drifted)) == (True, NEW)
    then = schedule.after(first, drifted, INTERVAL, NOW)
    [again] = schedule.looks([drifted], {drifted.uid: then}, targets, INTERVAL, NOW).values()
    assert (again.at_once, schedule.held_against(again, drifted)) == (False, OLD)

    [anew] = schedule.looks(
        [drifted], {drifted.uid: schedule.seen(then, NOW, drifted=True)}, targets, INTERVAL, NOW
    ).values()
    assert schedule.held_against(anew, drifted) == NEW


def test_who_asks_is_told_of_the_config_that_the_node_is_on() -> None:
    asks = node("a", build.drifted(OLD), requests=Requests(check="word"))
    [look] = schedule.looks([asks], {}, {"worker": NEW}, INTERVAL, NOW).values()

    assert schedule.held_against(look, asks) == OLD
    told = node("a", node_status.with_handled(asks.status, check="word"), requests=asks.requests)
    assert schedule.held_against(schedule.after(look, asks, INTERVAL, NOW), told) == NEW
