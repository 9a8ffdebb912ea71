"""What `kubectl mc recover` would do on a node, as far as the cluster shows it; pure."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from controller.api import names
from controller.api.machine_config_node import Drift, NodeState
from controller.api.machine_configuration import Action, ActionType
from controller.cli.kubectl_mc.comparison.pool_diff import NO_CONFIG, Config, pool_diff
from controller.cli.kubectl_mc.rollout.planned_configs import config_named, target_config
from controller.cli.kubectl_mc.terminal.errors import CommandError
from controller.planning.controller_state import ControllerState
from controller.planning.disruption import Difference, Disruption, disruption, effective_policy
from controller.planning.node import Node
from controller.planning.plan import plan
from controller.planning.pool_plan import PoolPlan
from controller.planning.rollout.decision import Decision, Step
from controller.planning.snapshot import Snapshot
from controller.planning.withheld import withheld
from controller.rendering.paths import UNIT_FOLDER

_REBOOT: Final = (Action(type=ActionType.REBOOT),)
_NONCE: Final = "requested"


@dataclass(frozen=True)
class Prerequisite:
    """Something that keeps the node waiting, and the command by which the user ends it."""

    reason: str
    remedy: str


@dataclass(frozen=True)
class RecoveryPlan:
    """One node: the config that is applied, what that disturbs, and when.

    `is_complete` tells whether all that differs on the node is known here. With `prerequisites`,
    nothing is done until the user has acted.
    """

    node: Node
    pool: str
    config: str
    disruption: Disruption
    is_complete: bool
    timing: str
    prerequisites: tuple[Prerequisite, ...]

    @property
    def is_repeat(self) -> bool:
        """Whether the config is the node's current config."""
        return self.config == self.node.status.current_config


def plan_recoveries(
    snapshot: Snapshot, nodes: Sequence[str], boot_user: str, now: datetime
) -> tuple[RecoveryPlan, ...]:
    """Plan the recovery of these nodes.

    Raises:
        CommandError: one of them has no pool, or its pool has no rendered config.
    """
    requested = tuple(_with_request(node, nodes) for node in snapshot.nodes)
    planned = plan(
        replace(snapshot, nodes=requested), ControllerState.unknown(), boot_user, now
    ).pools
    return tuple(_recovery(snapshot, name, planned, boot_user) for name in nodes)


def _with_request(node: Node, selected: Collection[str]) -> Node:
    """Return the node as it is after the request."""
    if node.name not in selected:
        return node
    requests = node.requests.model_copy(update={"recover": _NONCE})
    return replace(node, requests=requests)


def _recovery(
    snapshot: Snapshot, name: str, planned: Iterable[PoolPlan], boot_user: str
) -> RecoveryPlan:
    pool = _pool_of(name, planned, snapshot)
    if not pool.target:
        remedy = f"see why: kubectl mc plan {pool.name}"
        raise CommandError(f"pool {pool.name} of {name} has no rendered config", remedy)
    node = next(member for member in pool.members if member.name == name)
    decision = next(each for each in pool.decisions if each.node == name)
    before = config_named(node.status.current_config, snapshot, boot_user)
    after = target_config(pool, snapshot, boot_user)
    return RecoveryPlan(
        node,
        pool.name,
        pool.target,
        _disruption(node, pool.name, before or NO_CONFIG, after or NO_CONFIG, snapshot),
        is_complete=before is not None and after is not None and not _may_differ_more(node),
        timing=_timing(node, decision, pool),
        prerequisites=tuple(_prerequisites(node, pool)) if decision.step is Step.NONE else (),
    )


def _pool_of(name: str, planned: Iterable[PoolPlan], snapshot: Snapshot) -> PoolPlan:
    """Return the plan of the pool that has the node.

    Raises:
        CommandError: no pool has it, several select it, or its pool cannot be read.
    """
    reason = f"{name} is in no pool"
    for pool in planned:
        if name in {member.name for member in pool.members}:
            return pool
        if claimed := [each for each in pool.problems if each.startswith(f"{reason}: ")]:
            raise CommandError(claimed[0], "remove the labels that all but one select")
    if why := withheld(snapshot).get(name):
        raise CommandError(f"the pool of {name} is unknown: {why}", "fix the MachineConfigPool")
    raise CommandError(reason, "give it labels that a pool selects")


def _may_differ_more(node: Node) -> bool:
    """Return whether more may differ than is known: an update failed, or the record is drifted."""
    status = node.status
    return status.last_failure is not None or any(
        finding.path == names.RECORD for finding in status.drift
    )


def _disruption(
    node: Node, pool: str, before: Config, after: Config, snapshot: Snapshot
) -> Disruption:
    policy = effective_policy(snapshot.configuration)
    drifted = disruption(_differences(node.status.drift, before.manifest), policy)
    changed = (
        pool_diff(pool, before, after, policy).disruption if before.name != after.name else None
    )
    found = _combined(drifted, changed) if changed else drifted
    if any(finding.path == names.FORCE_FILE for finding in node.status.drift):
        reasons = (*found.reasons, f"Reboot: {names.FORCE_FILE} requests it")
        return replace(found, actions=_REBOOT, reasons=reasons)
    return found


def _combined(one: Disruption, other: Disruption) -> Disruption:
    """Combine two disruptions as the planner does: a reboot wins, and duplicates run once."""
    actions = tuple(dict.fromkeys((*one.actions, *other.actions)))
    reboots = any(action.type is ActionType.REBOOT for action in actions)
    reasons = tuple(dict.fromkeys((*one.reasons, *other.reasons)))
    return Disruption(_REBOOT if reboots else actions, reasons, other.running)


def _differences(drift: Iterable[Drift], manifest: Mapping[str, Any]) -> Iterator[Difference]:
    """Yield drift as the differences that a policy knows: a drop-in is a part of its unit."""
    files = {file["path"] for file in manifest.get("files", ())}
    for finding in drift:
        if finding.path in {names.FORCE_FILE, names.RECORD}:
            continue
        if finding.path in files:
            yield Difference("file", finding.path)
        elif finding.path == manifest.get("user"):
            yield Difference("sshkey", f"SSH keys of {finding.path}")
        elif unit := _unit_of(finding.path):
            yield Difference("unit", unit)
        else:
            yield Difference("file", finding.path)


def _unit_of(path: str) -> str:
    """Return the unit that a path or a name belongs to; empty if it is not a unit's."""
    if "/" not in path:
        return path
    inside = path.removeprefix(f"{UNIT_FOLDER}/")
    return "" if inside == path else inside.partition("/")[0].removesuffix(".d")


def _timing(node: Node, decision: Decision, pool: PoolPlan) -> str:
    """Describe when the recovery starts."""
    if node.held:
        return "waits: held by an administrator"
    if node.status.state is NodeState.WORKING:
        return "waits for the end of the node's update"
    if decision.step is Step.NONE:
        waits = "" if decision.reason.startswith("waits ") else "waits: "
        return f"{waits}{decision.reason}"
    return f"takes a slot of pool {pool.name} (maxUnavailable {pool.pool.spec.max_unavailable})"


def _prerequisites(node: Node, pool: PoolPlan) -> Iterator[Prerequisite]:
    """Yield what only the user can end; an update under way ends in spite of pause and cordon."""
    if node.held:
        yield Prerequisite("it is held", f"kubectl annotate node {node.name} {names.HOLD}-")
    if pool.pool.spec.paused and not node.in_update:
        yield Prerequisite(f"pool {pool.name} is paused", f"kubectl mc resume {pool.name}")
    if node.unschedulable and not node.cordoned_by_controller and not node.in_update:
        yield Prerequisite("an administrator has cordoned it", f"kubectl uncordon {node.name}")
