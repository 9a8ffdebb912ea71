"""Annotations of a Node, which anyone may write."""

from __future__ import annotations

import pytest

from controller.api import names
from controller.api.machine_config_node import NodeState
from controller.api.node_annotations import NodeAnnotations


def test_a_node_without_annotations_is_new() -> None:
    assert NodeAnnotations.of(None) == NodeAnnotations.of({}) == NodeAnnotations()


def test_known_annotations_are_found_among_others() -> None:
    annotations = {
        "machineconfiguration.alauda.io/currentConfig": "rendered-worker-1",
        "machineconfiguration.alauda.io/desiredConfig": "rendered-worker-2",
        "machineconfiguration.alauda.io/state": "Working",
        "machineconfiguration.alauda.io/reason": "Drain: waiting",
        "machineconfiguration.alauda.io/cordoned": "a word",
        "machineconfiguration.alauda.io/hold": "",
        "machineconfiguration.alauda.io/ssh-address": "192.0.2.1",
        "example.com/state": "Degraded",
    }
    assert NodeAnnotations.of(annotations) == NodeAnnotations(
        current_config="rendered-worker-1",
        desired_config="rendered-worker-2",
        state=NodeState.WORKING,
        reason="Drain: waiting",
        cordon_mark="a word",
        hold=True,
        address="192.0.2.1",
    )


@pytest.mark.parametrize("state", ["", "done", "Broken"])
def test_an_unknown_state_counts_as_none(state: str) -> None:
    assert NodeAnnotations.of({names.STATE: state}).state is None


@pytest.mark.parametrize(
    ("value", "held"),
    [("", True), ("true", True), ("until Monday", True), ("false", False), ("False", False)],
)
def test_a_hold_holds_whatever_it_says_but_false(value: str, held: bool) -> None:  # noqa: FBT001
    assert NodeAnnotations.of({names.HOLD: value}).hold is held


def test_the_nonce_of_a_request_is_reduced_to_ascii_and_cut() -> None:
    asked = NodeAnnotations.of({names.CHECK: "\x1b[2J\u202e" + "x" * 10_000}).requests

    assert asked.check.startswith(r"\x1b[2J\u202exxx")
    assert len(asked.check) == 63
