"""Which nodes of a pool are updated now, and why the others are not.

Nodes take the slots that maxUnavailable leaves oldest first, and the node that runs the controller
last. One that was given a config keeps its slot until it is done; one that failed on a config that
nobody wants any more has none, and comes before those that are well. One that was given back comes
after them, since it may be blocked again.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from controller.api import names
from controller.api.machine_config_node import NodeState
from controller.api.machine_config_pool import MachineConfigPool
from controller.planning.controller_state import ControllerState
from controller.planning.node import Node
from controller.planning.rollout.budget import Budget
from controller.planning.snapshot import Part
from controller.rendering.naming import pool_of, same_effect

# How many times the first pause a node rests that has failed once, twice and so on in a row.
_PAUSES: Final = (1, 2, 4, 8, 12)


class Step(StrEnum):
    """What is done for a node in this pass."""

    TARGET = "target"  # set its desired config, which takes a slot
    RECORD = "record"  # update its status alone: nothing on the node changes
    RUN = "run"  # start a run towards its desired config
    CANCEL = "cancel"  # end its run, whose config is not the target any more
    UNTAINT = "untaint"  # remove the taint of new nodes
    STEP_DOWN = "stepDown"  # let another replica of the controller lead, for this one's node
    NONE = "none"


@dataclass(frozen=True)
class Decision:
    """One node, one step, and the reason in words for a person.

    `until` is when a node that waits for nothing but time is to be decided on again.
    """

    node: str
    step: Step
    reason: str
    config: str = ""
    until: datetime | None = None


@dataclass(frozen=True)
class _View:
    """A pool as the rules see it, while the decisions before have taken their slots."""

    pool: MachineConfigPool
    members: Sequence[Node]
    target: str
    controller: ControllerState
    now: datetime
    gone: frozenset[str]
    budget: Budget
    unavailable: Mapping[Part, str]


def rollout(  # noqa: PLR0913 - what the decisions rest on
    pool: MachineConfigPool,
    members: Sequence[Node],
    target: str,
    controller: ControllerState,
    now: datetime,
    gone: frozenset[str] = frozenset(),
    unavailable: Mapping[Part, str] = MappingProxyType({}),
) -> tuple[Decision, ...]:
    """One decision for each member, in rollout order; `members` are given oldest first.

    `target` is the rendered config in force, empty where the pool never had one; `gone` are those
    that nodes speak of and that are no more. This pass makes the target, where it is not there.
    """
    gone -= {target}
    order = sorted(members, key=lambda node: node.name == controller.identity.node)
    budget = Budget.of(_one_by_one(pool), order, target, controller)
    view = _View(pool, order, target, controller, now, gone, budget, unavailable)
    decided: dict[str, Decision] = {}
    for node in sorted(order, key=lambda node: _rank(node, view.budget)):
        decision = _of_node(node, view)
        if decision.step in {Step.TARGET, Step.RUN}:
            view.budget.take(node.name)
        decided[node.name] = decision
    return tuple(decided[node.name] for node in order)


def decide_unassigned(  # noqa: PLR0911 - a rule a line, the first that holds decides
    node: Node, controller: ControllerState, gone: frozenset[str], now: datetime
) -> Decision:
    """The decision for a node that no pool has: what was begun is finished, and no more begun."""
    wanted, desired = _way_back(node, gone), node.status.desired_config
    why = f"in no pool: {wanted} replaces {desired}"
    if node.name in controller.runs.under_way:
        ends = node.in_update and wanted != desired
        return (
            Decision(node.name, Step.CANCEL, why, wanted) if ends else _nothing(node, _phase(node))
        )
    for admitted in _admitted(node):
        return admitted
    if node.settled and node.status.pool:
        return Decision(node.name, Step.RECORD, "is in no pool now", node.status.current_config)
    begun = node.in_update or node.cordoned_by_controller
    if node.held or not begun or (wanted == desired and _would_begin(node)):
        return _nothing(node, "in no pool")
    if wanted in gone:
        return _nothing(node, f"in no pool, and {wanted} is gone: a pool has to take the node")
    if wanted != desired:
        return Decision(node.name, Step.TARGET, why, wanted)
    return _pause(node, controller, now) or Decision(
        node.name, Step.RUN, "in no pool; its update is finished", wanted
    )


def _one_by_one(pool: MachineConfigPool) -> MachineConfigPool:
    """The control plane is never updated more than one node at a time."""
    if pool.metadata.name != names.MASTER:
        return pool
    return pool.model_copy(update={"spec": pool.spec.model_copy(update={"max_unavailable": 1})})


def _rank(node: Node, budget: Budget) -> int:
    """Those with a slot first, then those to be healed, those that are well, those given back."""
    if node.name in budget.down:
        return 0
    if node.name in budget.reserved:
        return 1
    if node.drain_abandoned:
        return 4
    return 2 if node.in_update else 3


def _of_node(  # noqa: PLR0911 - a rule a line, the first that holds decides
    node: Node, view: _View
) -> Decision:
    if node.name in view.controller.runs.under_way:
        return _of_run(node, view)
    if node.held:
        return _nothing(node, "held by an administrator")
    if node.in_update:
        return _of_update(node, view)
    for admitted in _admitted(node):
        return admitted
    if not view.target:
        return _nothing(node, "the pool has no rendered config yet")
    for recorded in _recorded(node, view):
        return recorded
    if (
        node.settled_on(view.target)
        and not node.cordoned_by_controller
        and not node.reapply_requested
    ):
        return _nothing(node, "up to date")
    if node.drifted and not node.reapply_requested and not _matches_target(node, view):
        return _nothing(node, f"Degraded by {node.status.reason}")
    if view.pool.spec.paused:
        return _nothing(node, "pool is paused")
    return _of_candidate(node, view)


def _of_run(node: Node, view: _View) -> Decision:
    """A run goes on to its end, but for one that drains for a config that is wanted no more."""
    wanted, desired = _wanted(node, view), node.status.desired_config
    begun = node.status.applied or not node.in_update
    if not begun and wanted == desired and node.name in view.controller.runs.outdated:
        reason = "the MachineConfiguration has changed, by which its update begins again"
        return Decision(node.name, Step.CANCEL, reason, wanted)
    if wanted == desired or begun:
        return _nothing(node, _phase(node))
    return Decision(node.name, Step.CANCEL, _why(wanted, desired, view), wanted)


def _of_update(node: Node, view: _View) -> Decision:
    wanted, desired = _wanted(node, view), node.status.desired_config
    if wanted != desired or (node.recover_requested and node.status.state is NodeState.DEGRADED):
        return _retarget(node, wanted, view)
    if view.pool.spec.paused and _would_begin(node):
        return _nothing(node, "pool is paused")
    if desired in view.gone:
        return _nothing(node, f"{desired} is gone")
    waits = _pause(node, view.controller, view.now) or _obstacle(node, view)
    if waits:
        return waits
    reason = "tried again" if node.status.state is NodeState.DEGRADED else "update goes on"
    return Decision(node.name, Step.RUN, reason, desired)


def _wanted(node: Node, view: _View) -> str:
    """Where a node in an update is to go: what was begun to be applied is brought to its end."""
    status = node.status
    if not view.target:
        return status.desired_config
    if view.pool.spec.paused:
        return _way_back(node, view.gone)
    finishes = status.applied and status.state is NodeState.WORKING
    if finishes and status.desired_config not in view.gone:
        return status.desired_config
    return view.target


def _way_back(node: Node, gone: frozenset[str]) -> str:
    """Where a node in an update goes when nothing more is to be begun."""
    status = node.status
    draining = status.state is NodeState.WORKING or node.cordoned_by_controller
    if status.applied or not draining or status.current_config in {"", *gone}:
        return status.desired_config
    return status.current_config


def _retarget(node: Node, wanted: str, view: _View) -> Decision:
    waits = None if view.budget.holds(node.name) else _obstacle(node, view)
    reason = _why(wanted, node.status.desired_config, view)
    return waits or Decision(node.name, Step.TARGET, reason, wanted)


def _why(wanted: str, desired: str, view: _View) -> str:
    words = f"{wanted} replaces {desired}" if wanted != desired else f"{wanted} is applied again"
    return f"pool is paused: {words}" if view.pool.spec.paused else words


def _of_candidate(node: Node, view: _View) -> Decision:
    if node.unschedulable and not node.cordoned_by_controller:
        return _nothing(node, "cordoned by an administrator")
    if not node.ready:
        return _nothing(node, "not Ready")
    waits = _pause(node, view.controller, view.now) or _obstacle(node, view)
    return waits or Decision(node.name, Step.TARGET, _first_reason(node, view.target), view.target)


def _admitted(node: Node) -> Iterator[Decision]:
    """A node that was brought to a config is a new one no more."""
    if node.tainted and node.settled_on(node.status.current_config):
        yield Decision(node.name, Step.UNTAINT, "is on its config, and takes work")


def _matches_target(node: Node, view: _View) -> bool:
    """Whether its drift is what the config in force wants."""
    return view.controller.matches.get(node.uid) == view.target


def _first_reason(node: Node, target: str) -> str:
    before = node.status.current_config
    if node.reapply_requested:
        return f"{target} is applied again: {'the force file' if node.forced else 'recover'} asks"
    if before == target:
        return "is still cordoned by us"
    return f"{before} is to become {target}" if before else f"new node, to be {target}"


def _obstacle(node: Node, view: _View) -> Decision | None:
    """What keeps a node from being taken down; nothing keeps one that is."""
    if node.name in view.budget.down:
        return None
    if not view.budget.admits(node.name):
        return _nothing(node, view.budget.why_not(node.name))
    for why in (*_unavailable(node, view), *_ailing(node, view)):
        return _nothing(node, why)
    if node.name == view.controller.identity.node and view.controller.identity.standby_node:
        reason = (
            f"runs the controller; the one on {view.controller.identity.standby_node} is to lead"
        )
        return Decision(node.name, Step.STEP_DOWN, reason)
    return None


def _unavailable(node: Node, view: _View) -> Iterator[str]:
    """Why it is not known whether the node can be spared: what that rests on was not listed."""
    needed = {
        Part.CONTROL_PLANE: view.pool.metadata.name == names.MASTER,
        # Another replica may be there, and has to lead first.
        Part.CONTROLLERS: node.name == view.controller.identity.node,
    }
    for part, why in view.unavailable.items():
        if needed.get(part):
            yield f"{part} cannot be listed: {why}"


def _ailing(node: Node, view: _View) -> Iterator[str]:
    """Why the control plane cannot spare this node."""
    if view.pool.metadata.name != names.MASTER:
        return
    for other in view.members:
        if other.name == node.name:
            continue
        if not other.ready or other.pressured:
            yield f"waits for {other.name}: a control plane node that is not healthy"
        if other.failing_pods:
            yield f"waits for {other.name}: {', '.join(other.failing_pods)} not ready"


def _pause(node: Node, controller: ControllerState, now: datetime) -> Decision | None:
    until = _not_before(node, controller)
    if until is None or now >= until:
        return None
    why = node.status.reason or "its target could not be written"
    reason = f"tried again at {until:%H:%M:%S}: {why}"
    return Decision(node.name, Step.NONE, reason, until=until)


def _not_before(node: Node, controller: ControllerState) -> datetime | None:
    """When the node may be tried again, also where another process has seen it fail."""
    failure = node.status.last_failure
    times = (
        [controller.runs.not_before[node.name]] if node.name in controller.runs.not_before else []
    )
    if failure and failure.config == node.status.desired_config:
        times.append(
            failure.time + controller.limits.failure_backoff * _PAUSES[: failure.count][-1]
        )
    return max(times, default=None)


def _would_begin(node: Node) -> bool:
    """Whether pods run there as ever, and a run would change that."""
    status = node.status
    begun = status.applied or node.cordoned_by_controller
    return not begun and status.desired_config != status.current_config


def _recorded(node: Node, view: _View) -> Iterator[Decision]:
    """The decision where what is known of the node is written anew, though it stays as it is."""
    for config, why in (*_differs_in_name(node, view), *_recollects(node, view)):
        yield Decision(node.name, Step.RECORD, why, config)


def _differs_in_name(node: Node, view: _View) -> Iterator[tuple[str, str]]:
    status, target, pool = node.status, view.target, view.pool.metadata.name
    if status.state is not NodeState.DONE:
        return
    if status.current_config != target and same_effect(status.current_config, target):
        yield target, f"{target} does the same as {status.current_config}"
    elif status.current_config == target and status.pool != pool:
        yield target, f"is in pool {pool} now"


def _recollects(node: Node, view: _View) -> Iterator[tuple[str, str]]:
    """The config that a node says it is on of which nothing else is known any more.

    It is only looked at, and not changed, for what it says. Another pool's config would be sent to
    it then, so that is not believed.
    """
    if (
        node.annotated_config
        and node.annotated_config not in view.gone
        and pool_of(node.annotated_config) == view.pool.metadata.name
    ):
        on = node.annotated_config
        why = f"its MachineConfigNode was lost; it says it is on {on}, and is looked at"
        yield node.annotated_config, why


def _phase(node: Node) -> str:
    return f"in phase {node.status.phase or 'start'}"


def _nothing(node: Node, reason: str) -> Decision:
    return Decision(node.name, Step.NONE, reason)
