"""Warnings about objects that users have written, each for one Event."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from controller.api import names
from controller.planning.plan import Plan
from controller.planning.pool_plan import PoolPlan
from controller.planning.snapshot import Snapshot
from controller.rendering.selection import selects

UNREADABLE: Final = "Unreadable"
_NOT_SELECTED: Final = (
    "no pool selects it, so no node gets it (add a label that the machineConfigSelector of a pool"
    f" matches, for example {names.ROLE_LABEL}={names.WORKER})"
)


@dataclass(frozen=True)
class Notice:
    """A warning about one object; `event_reason` classifies it for programs."""

    kind: str
    name: str
    uid: str
    event_reason: str
    message: str


def notices(snapshot: Snapshot, planned: Plan) -> Iterator[Notice]:
    """Yield all current warnings."""
    for unreadable in snapshot.unreadable:
        yield Notice(
            unreadable.kind,
            unreadable.name,
            unreadable.uid,
            UNREADABLE,
            f"cannot be read: {unreadable.reason}",
        )
    for pool in planned.pools:
        yield from _of_pool(pool)
    yield from not_selected(snapshot)


def _of_pool(plan: PoolPlan) -> Iterator[Notice]:
    by_reason = (
        ("RenderDegraded", plan.problems),
        ("RenderWarning", plan.warnings),
        ("RolloutWarning", plan.consequences),
        ("NeedsUser", plan.waits_for_user),
    )
    uid = plan.pool.metadata.uid or ""
    for event_reason, messages in by_reason:
        for message in messages:
            yield Notice("MachineConfigPool", plan.name, uid, event_reason, message)


def not_selected(snapshot: Snapshot) -> Iterator[Notice]:
    """Yield the MachineConfigs of users that no pool selects."""
    if snapshot.unreadable_of("MachineConfigPool"):
        return  # it may select anything
    for config in snapshot.machine_configs:
        labels = config.metadata.labels
        selected = any(selects(pool, (), labels) for pool in snapshot.pools)
        if not config.rendered and not selected:
            uid = config.metadata.uid or ""
            yield Notice("MachineConfig", config.name, uid, "NotSelected", _NOT_SELECTED)
