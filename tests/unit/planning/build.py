"""Nodes for tests: ordinary ones, changed by what the test is about."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from controller.api.machine_config_node import (
    Blocker,
    Drift,
    MachineConfigNodeStatus,
    NodeState,
    Phase,
)
from controller.api.machine_config_pool import PoolConfiguration
from controller.planning import node_status
from controller.planning.drain import blockers
from controller.planning.node import Node
from controller.planning.rollout.decision import Decision

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
OLD, NEW, NEWER = "rendered-worker-old", "rendered-worker-new", "rendered-worker-newer"
UNKNOWN = MachineConfigNodeStatus()

Status = MachineConfigNodeStatus


def done(config: str = OLD) -> Status:
    """Return the status of a node that is Done on `config`."""
    return UNKNOWN.model_copy(
        update={
            "pool": "worker",
            "state": NodeState.DONE,
            "current_config": config,
            "desired_config": config,
        }
    )


def working(config: str = NEW, phase: Phase = Phase.DRAIN, before: str = OLD) -> Status:
    """Return the status of a node in an update from `before` to `config`."""
    start = done(before) if before else UNKNOWN
    return node_status.on_phase_entered(
        node_status.on_targeted(start, "worker", config, NOW), phase, NOW
    )


def blocked(config: str = NEW) -> Status:
    """Return the status of a node whose drain waits for a pod."""
    pod = Blocker(pod="shop/cart-0", pod_disruption_budget="cart")
    return node_status.on_drain_blocked(working(config), [pod], "", NOW)


def drain_abandoned(config: str = NEW) -> Status:
    """Return the status of a node whose drain was blocked until it was abandoned."""
    found = blocked(config).blocked_by
    cause = f"the drain waits for {blockers.summary(found)}"
    return node_status.on_drain_abandoned(blocked(config), found, cause, "", NOW)


def failed(config: str = NEW, phase: Phase = Phase.VERIFY, cause: str = "no route") -> Status:
    """Return the status of a node that failed on `config`."""
    return node_status.on_failed(working(config, phase), phase, cause, "fix it", NOW)


def rolled_back(config: str = NEW) -> Status:
    """Return the status of a node that failed on `config` and was rolled back."""
    return node_status.on_failed(
        working(config), Phase.APPLY, "disk full", "", NOW, rolled_back=True
    )


def drifted(config: str = OLD) -> Status:
    """Return the status of a node on `config` with a changed file."""
    return node_status.on_checked(done(config), [Drift(path="/etc/motd", kind="content")], NOW)


def node(name: str, status: Status | None = None, *, age: int = 1, **fields: Any) -> Node:  # noqa: ANN401 - any field of a Node
    """Return a ready worker of `age` days, Done on OLD unless `status` is given."""
    ordinary: dict[str, Any] = {
        "uid": f"uid-of-{name}",
        "created": NOW - timedelta(days=age),
        "labels": {},
        "address": "192.0.2.1",
        "ready": True,
        "pressured": False,
        "unschedulable": False,
        "cordoned_by_controller": False,
        "held": False,
    }
    return Node(name=name, status=done() if status is None else status, **(ordinary | fields))


def configuration(name: str) -> PoolConfiguration:
    """Return a pool's reference to the rendered config `name`."""
    return PoolConfiguration(name=name)


def described(decisions: Sequence[Decision]) -> list[str]:
    """Return decisions as users read them."""
    return [f"{each.node} {each.step}: {each.reason}" for each in decisions]
