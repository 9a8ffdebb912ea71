"""Which nodes of a pool are updated now, and why the others are not.

Capacity is what maxUnavailable leaves after the nodes that are unavailable or in an update. Nodes
take it oldest first. A node that already is in an update keeps its slot until it is done.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from controller.api.machine_config_node import NodeState, Phase
from controller.api.machine_config_pool import MachineConfigPool
from controller.planning.snapshot import Node, Runs


class Step(StrEnum):
    """What is done for a node in this pass."""

    TARGET = "target"  # give it a config, which takes a slot
    RUN = "run"  # start a run towards the config that it was given
    NOTHING = "nothing"


@dataclass(frozen=True)
class Decision:
    """One node, one step, and the reason in words for a person."""

    node: str
    step: Step
    reason: str
    config: str = ""


@dataclass(frozen=True)
class Budget:
    """How many nodes may be down, and which are."""

    most: int
    down: tuple[str, ...]

    @property
    def free(self) -> int:
        """Slots that are left; never below zero."""
        return max(0, self.most - len(self.down))

    def __str__(self) -> str:
        return f"waits for {', '.join(self.down)}: budget {len(self.down)} of {self.most} in use"


def rollout(
    pool: MachineConfigPool, members: Sequence[Node], target: str, runs: Runs, now: datetime
) -> Iterator[Decision]:
    """One decision for each member, in rollout order.

    `target` is the rendered config in force, empty where the pool never had one.
    """
    budget = _budget(pool, members)
    # One that we hold down already takes no further slot, so it comes first.
    for node in sorted(members, key=lambda each: not each.cordoned_by_us):
        decision = _of_node(pool, node, target, runs, now) or _of_candidate(node, target, budget)
        if decision.step is Step.TARGET and node.name not in budget.down:
            budget = Budget(budget.most, (*budget.down, node.name))
        yield decision


def most_unavailable(pool: MachineConfigPool, size: int) -> int:
    """The field maxUnavailable as a number of nodes: percent round down, and at least one."""
    wanted = pool.spec.max_unavailable
    if isinstance(wanted, int):
        return wanted
    return max(1, size * int(wanted.removesuffix("%")) // 100)


def _budget(pool: MachineConfigPool, members: Sequence[Node]) -> Budget:
    down = tuple(node.name for node in members if node.in_update or not node.available)
    return Budget(most_unavailable(pool, len(members)), down)


def _of_node(  # noqa: PLR0911 - a rule a line, the first that holds decides
    pool: MachineConfigPool, node: Node, target: str, runs: Runs, now: datetime
) -> Decision | None:
    """What holds for a node whatever the budget is; None makes it a candidate."""
    if node.name in runs.under_way:
        return _nothing(node, f"in phase {node.status.phase or 'start'}")
    if node.held:
        return _nothing(node, "held by an administrator")
    if not target:
        return _nothing(node, "the pool has no rendered config yet")
    if node.settled_on(target):
        return _nothing(node, "up to date")
    if node.in_update:
        return _of_update(pool, node, target, runs, now)
    if node.drifted:
        return _nothing(node, f"degraded by drift: {node.status.reason}")
    if pool.spec.paused:
        return _nothing(node, "pool is paused")
    return None


def _of_update(
    pool: MachineConfigPool, node: Node, target: str, runs: Runs, now: datetime
) -> Decision:
    status = node.status
    wanted = target if not pool.spec.paused else _when_paused(node)
    if wanted != status.desired_config:
        return Decision(
            node.name, Step.TARGET, f"{wanted} replaces {status.desired_config}", wanted
        )
    not_before = runs.not_before.get(node.name)
    if not_before and now < not_before:
        return _nothing(node, f"tried again at {not_before:%H:%M:%S}: {status.reason}")
    reason = "tried again" if status.state is NodeState.DEGRADED else "update goes on"
    return Decision(node.name, Step.RUN, reason, status.desired_config)


def _when_paused(node: Node) -> str:
    """Where a paused pool takes a node: back, while it is still draining, and else to the end."""
    status = node.status
    draining = status.phase in {Phase.IDLE, Phase.PREFLIGHT, Phase.CORDON, Phase.DRAIN}
    return status.current_config if draining and status.current_config else status.desired_config


def _of_candidate(node: Node, target: str, budget: Budget) -> Decision:
    if node.unschedulable and not node.cordoned_by_us:
        return _nothing(node, "cordoned by an administrator")
    if not node.ready:
        return _nothing(node, "not Ready")
    if budget.free == 0 and not node.cordoned_by_us:
        return _nothing(node, str(budget))
    before = node.status.current_config
    reason = f"{before} is to become {target}" if before else f"new node, to be {target}"
    return Decision(node.name, Step.TARGET, reason, target)


def _nothing(node: Node, reason: str) -> Decision:
    return Decision(node.name, Step.NOTHING, reason)
