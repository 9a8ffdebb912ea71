"""Rendered MachineConfigs are kept while something refers to them."""

from dataclasses import replace
from datetime import timedelta

import pytest

from controller.api.machine_config import MachineConfig
from controller.api.meta import ObjectMeta
from controller.planning.garbage import KEPT, unreferenced
from controller.planning.node import Node
from controller.planning.snapshot import Snapshot, Unreadable
from tests.unit.planning import build
from tests.unit.planning.build import NOW, node

OLDEST = "rendered-worker-0"


def _configs() -> tuple[MachineConfig, ...]:
    return tuple(
        MachineConfig(
            metadata=ObjectMeta(
                name=f"rendered-worker-{day}", creation_timestamp=NOW + timedelta(days=day)
            )
        )
        for day in range(KEPT + 1)
    )


@pytest.mark.parametrize(
    ("referring", "deleted"),
    [
        pytest.param(node("a"), [OLDEST], id="nothing refers to it"),
        pytest.param(node("a", build.done(OLDEST)), [], id="a node runs it"),
        pytest.param(node("a", build.working(OLDEST)), [], id="a node is updated to it"),
        pytest.param(
            node("a", build.UNKNOWN, annotated_config=OLDEST),
            [],
            id="a node without a status has it in its annotations",
        ),
    ],
)
def test_a_config_that_a_node_needs_is_kept(referring: Node, deleted: list[str]) -> None:
    snapshot = Snapshot(nodes=(referring,), machine_configs=_configs())

    assert [each.name for each in unreferenced(snapshot, ())] == deleted


def test_every_config_is_kept_while_a_node_cannot_be_read() -> None:
    bad = Unreadable("Node", "a", "1", {}, "no creationTimestamp")
    snapshot = Snapshot(machine_configs=_configs())

    assert unreferenced(snapshot, ())
    assert not unreferenced(replace(snapshot, unreadable=(bad,)), ())
