"""What people are to be told of the objects that they wrote, each thing once; pure."""

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
    "no pool selects it, so that no node gets it (label it as the machineConfigSelector of a pool"
    f" asks, for example {names.ROLE_LABEL}={names.WORKER})"
)


@dataclass(frozen=True)
class Notice:
    """One thing to know of one object; `word` names the kind of thing for programs."""

    kind: str
    name: str
    uid: str
    word: str
    message: str


def notices(snapshot: Snapshot, planned: Plan) -> Iterator[Notice]:
    """All that there is to tell as the cluster stands."""
    for each in snapshot.unreadable:
        yield Notice(each.kind, each.name, each.uid, UNREADABLE, f"cannot be read: {each.why}")
    for pool in planned.pools:
        yield from _of_pool(pool)
    yield from not_selected(snapshot)


def _of_pool(plan: PoolPlan) -> Iterator[Notice]:
    words = (("RenderDegraded", plan.problems), ("RenderWarning", plan.warnings))
    uid = plan.pool.metadata.uid or ""
    for word, messages in words:
        for message in messages:
            yield Notice("MachineConfigPool", plan.name, uid, word, message)


def not_selected(snapshot: Snapshot) -> Iterator[Notice]:
    """The MachineConfigs that people wrote and no pool selects."""
    if snapshot.unreadable_of("MachineConfigPool"):
        return  # it may select anything
    for each in snapshot.machine_configs:
        labels = each.metadata.labels
        selected = any(selects(pool, (), labels) for pool in snapshot.pools)
        if not each.rendered and not selected:
            uid = each.metadata.uid or ""
            yield Notice("MachineConfig", each.name, uid, "NotSelected", _NOT_SELECTED)
