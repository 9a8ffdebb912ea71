"""Whole rollouts, pass by pass: whatever the nodes do, the invariants hold at every step."""

import dataclasses
from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from controller.api.machine_config_node import NodeState, Phase
from controller.planning import progress
from controller.planning.rollout import Decision, Step, most_unavailable, rollout
from controller.planning.snapshot import Node, Runs
from tests.unit.planning import build
from tests.unit.planning.build import NEW, NEWER, NOW, node
from tests.unit.rendering.build import pool

Outcome = Callable[[build.Status], build.Status]


def succeeds(status: build.Status) -> build.Status:
    return progress.done(status, "", NOW)


def fails(status: build.Status) -> build.Status:
    return progress.failed(status, Phase.VERIFY, "no route", "", NOW)


def is_blocked(status: build.Status) -> build.Status:
    return progress.waiting(status, [], "a pod stays", NOW)


def is_interrupted(status: build.Status) -> build.Status:
    return progress.interrupted(status, Phase.REBOOT, "unreachable", NOW)


def down(members: list[Node]) -> int:
    return sum(each.in_update or not each.available for each in members)


def after(decision: Decision, member: Node, outcome: Outcome) -> Node:
    """Return the node when the decision was carried out, and its run has come to `outcome`."""
    status = member.status
    if decision.step is Step.TARGET:
        status = progress.targeted(status, decision.config, NOW)
    elif decision.step is Step.RUN:
        status = outcome(status)
    return dataclasses.replace(member, status=status)


@settings(max_examples=60, deadline=None)
@given(
    data=st.data(),
    size=st.integers(1, 7),
    most=st.sampled_from([1, 2, "30%", "100%"]),
    targets=st.lists(st.sampled_from([NEW, NEWER]), min_size=1, max_size=6),
)
def test_no_more_nodes_than_allowed_are_ever_down_and_in_the_end_all_are_there(
    data: st.DataObject, size: int, most: int | str, targets: list[str]
) -> None:
    members = [node(name) for name in "abcdefg"[:size]]
    asked = pool(maxUnavailable=most)
    outcomes = st.sampled_from([succeeds, fails, is_blocked, is_interrupted])

    def make_pass(target: str, outcome: Callable[[], Outcome]) -> list[Decision]:
        decisions = list(rollout(asked, members, target, Runs(), NOW))
        members[:] = map(after, decisions, members, [outcome() for _ in members])
        assert down(members) <= most_unavailable(asked, size)
        assert all(each.reason for each in decisions)
        return decisions

    for target in targets:
        make_pass(target, lambda: data.draw(outcomes))
    for _ in range(2 * size + 2):
        last = make_pass(targets[-1], lambda: succeeds)

    assert all(each.status.current_config == targets[-1] for each in members)
    assert {each.reason for each in last} == {"up to date"}


def test_a_bad_config_stops_at_max_unavailable_nodes_and_the_one_before_heals_them() -> None:
    members = [node(name) for name in "abcde"]
    asked = pool(maxUnavailable=2)

    for _ in range(10):
        decisions = list(rollout(asked, members, NEW, Runs(), NOW))
        members = list(map(after, decisions, members, [fails] * 5))
    hurt = [each.name for each in members if each.status.state is NodeState.DEGRADED]
    for _ in range(3):
        decisions = list(rollout(asked, members, build.OLD, Runs(), NOW))
        members = list(map(after, decisions, members, [succeeds] * 5))

    assert hurt == ["a", "b"]
    assert [each.status for each in members if each.name in "cde"] == [build.done()] * 3
    assert all(each.settled_on(build.OLD) for each in members)
