"""What bringing a node to its config again does to it, as far as that shows from outside; pure."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from controller.api import names
from controller.api.machine_config_node import Drift, NodeState
from controller.api.machine_configuration import Action, ActionType
from controller.cli.kubectl_mc.comparison.pool_diff import Config, pool_diff
from controller.cli.kubectl_mc.terminal.errors import CommandError
from controller.planning.controller_state import ControllerState
from controller.planning.disruption import Difference, Disruption, disruption, policies
from controller.planning.node import Node
from controller.planning.plan import plan
from controller.planning.pool_plan import PoolPlan
from controller.planning.rollout.decision import Decision, Step
from controller.planning.snapshot import Snapshot
from controller.rendering.effect import effect
from controller.rendering.node_manifest import ManifestError, manifest
from controller.rendering.paths import UNIT_FOLDER

_REBOOT: Final = (Action(type=ActionType.REBOOT),)
_UNSAID: Final = Config(None, {})
_ASKED: Final = "asked"


@dataclass(frozen=True)
class Obstacle:
    """What keeps a node from its turn, and the command that takes it away."""

    reason: str
    remedy: str


@dataclass(frozen=True)
class Recovery:
    """One node: the config that is applied, what that disturbs, and when its turn comes.

    `complete` says whether all that differs on the node is known here. Where there are `obstacles`,
    nothing is done before somebody has taken them away.
    """

    node: Node
    pool: str
    config: str
    disruption: Disruption
    complete: bool
    turn: str
    obstacles: tuple[Obstacle, ...]

    @property
    def again(self) -> bool:
        """Whether it is the config that the node is on."""
        return self.config == self.node.status.current_config


def recoveries(
    snapshot: Snapshot, nodes: Sequence[str], boot_user: str, now: datetime
) -> tuple[Recovery, ...]:
    """What is in store for these nodes.

    Raises:
        CommandError: one of them has no config to be brought to.
    """
    asked = replace(snapshot, nodes=tuple(_asked(each, nodes) for each in snapshot.nodes))
    planned = plan(asked, ControllerState.unknown(), boot_user, now).pools
    return tuple(_recovery(snapshot, name, planned, boot_user) for name in nodes)


def _asked(node: Node, chosen: Collection[str]) -> Node:
    """The node as it is once its recovery is asked for."""
    if node.name not in chosen:
        return node
    return replace(node, requests=node.requests.model_copy(update={"recover": _ASKED}))


def _recovery(
    snapshot: Snapshot, name: str, planned: Iterable[PoolPlan], boot_user: str
) -> Recovery:
    of_pool = _pool_of(name, planned)
    if not of_pool.target:
        remedy = f"see why: kubectl mc plan {of_pool.name}"
        raise CommandError(f"pool {of_pool.name} of {name} has no rendered config", remedy)
    node = next(each for each in of_pool.members if each.name == name)
    decision = next(each for each in of_pool.decisions if each.node == name)
    before = _config(snapshot, node.status.current_config, boot_user)
    after = _target(of_pool, snapshot, boot_user)
    return Recovery(
        node,
        of_pool.name,
        of_pool.target,
        _disruption(node, of_pool.name, before or _UNSAID, after or _UNSAID, snapshot),
        complete=before is not None and after is not None and not _is_beyond_us(node),
        turn=_turn(node, decision, of_pool),
        obstacles=tuple(_obstacles(node, of_pool)) if decision.step is Step.NONE else (),
    )


def _pool_of(name: str, planned: Iterable[PoolPlan]) -> PoolPlan:
    """The pool that has the node.

    Raises:
        CommandError: none has it, or several want it.
    """
    nowhere = f"{name} is in no pool"
    for each in planned:
        if name in {member.name for member in each.members}:
            return each
        if claimed := [why for why in each.problems if why.startswith(f"{nowhere}: ")]:
            raise CommandError(claimed[0], "take away the labels that all but one select")
    raise CommandError(nowhere, "give it the labels that a pool selects")


def _target(of: PoolPlan, snapshot: Snapshot, boot_user: str) -> Config | None:
    if of.rendered:
        return Config(of.target, effect(of.rendered.config, boot_user))
    return _config(snapshot, of.target, boot_user)


def _config(snapshot: Snapshot, name: str, boot_user: str) -> Config | None:
    config = snapshot.machine_config(name)
    try:
        return Config(name, manifest(config.to_api(), boot_user)) if config else None
    except ManifestError:
        return None


def _is_beyond_us(node: Node) -> bool:
    """Whether more may differ than is said: an update has failed, or somebody else has acted."""
    status = node.status
    return status.last_failure is not None or any(
        each.path == names.RECORD for each in status.drift
    )


def _disruption(
    node: Node, pool: str, before: Config, after: Config, snapshot: Snapshot
) -> Disruption:
    policy = policies(snapshot.configuration)
    drifted = disruption(_differences(node.status.drift, before.manifest), policy)
    changed = (
        pool_diff(pool, before, after, policy).disruption if before.name != after.name else None
    )
    found = _joined(drifted, changed) if changed else drifted
    if any(each.path == names.FORCE_FILE for each in node.status.drift):
        return replace(
            found,
            actions=_REBOOT,
            reasons=(*found.reasons, f"Reboot: {names.FORCE_FILE} asks for it"),
        )
    return found


def _joined(one: Disruption, other: Disruption) -> Disruption:
    """Any Reboot wins, and duplicates run once, as in a single one."""
    actions = tuple(dict.fromkeys((*one.actions, *other.actions)))
    reboots = any(each.type is ActionType.REBOOT for each in actions)
    reasons = tuple(dict.fromkeys((*one.reasons, *other.reasons)))
    return Disruption(_REBOOT if reboots else actions, reasons, other.running)


def _differences(drift: Iterable[Drift], manifest: Mapping[str, Any]) -> Iterator[Difference]:
    """What the policy knows the drift as: a drop-in is a part of its unit."""
    files = {each["path"] for each in manifest.get("files", ())}
    for each in drift:
        if each.path in {names.FORCE_FILE, names.RECORD}:
            continue
        if each.path in files:
            yield Difference("file", each.path)
        elif each.path == manifest.get("user"):
            yield Difference("sshkey", f"SSH keys of {each.path}")
        elif unit := unit_of(each.path):
            yield Difference("unit", unit)
        else:
            yield Difference("file", each.path)


def unit_of(path: str) -> str:
    """The unit that a path or a name stands for; empty where it is no unit's."""
    if "/" not in path:
        return path
    inside = path.removeprefix(f"{UNIT_FOLDER}/")
    return "" if inside == path else inside.partition("/")[0].removesuffix(".d")


def _turn(node: Node, decision: Decision, of: PoolPlan) -> str:
    """When it is done, in words."""
    if node.held:
        return "waits: held by an administrator"
    if node.status.state is NodeState.WORKING:
        return "waits for the end of the update that the node is in"
    if decision.step is Step.NONE:
        waits = "" if decision.reason.startswith("waits ") else "waits: "
        return f"{waits}{decision.reason}"
    return f"takes a slot of pool {of.name} (maxUnavailable {of.pool.spec.max_unavailable})"


def _obstacles(node: Node, of: PoolPlan) -> Iterator[Obstacle]:
    """What only a person can take away; an update that was begun ends in spite of the others."""
    if node.held:
        yield Obstacle("it is held", f"kubectl annotate node {node.name} {names.HOLD}-")
    if of.pool.spec.paused and not node.in_update:
        yield Obstacle(f"pool {of.name} is paused", f"kubectl mc resume {of.name}")
    if node.unschedulable and not node.cordoned_by_controller and not node.in_update:
        yield Obstacle("an administrator has cordoned it", f"kubectl uncordon {node.name}")
