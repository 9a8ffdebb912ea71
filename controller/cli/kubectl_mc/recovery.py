"""What bringing a node to its config again does to it, as far as that shows from outside; pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from controller.api import names
from controller.api.machine_config_node import Drift, NodeState
from controller.api.machine_configuration import Action, ActionType
from controller.cli.kubectl_mc.ending import CommandError
from controller.cli.kubectl_mc.pool_diff import Config, pool_diff
from controller.planning.budget import Budget
from controller.planning.disruption import Difference, Disruption, disruption, policies
from controller.planning.plan import PoolPlan, plan
from controller.planning.snapshot import Node, Runs, Snapshot
from controller.rendering.effect import effect
from controller.rendering.manifest import ManifestError, manifest
from controller.rendering.paths import UNIT_FOLDER

_REBOOT: Final = (Action(type=ActionType.REBOOT),)
_UNSAID: Final = Config(None, {})


@dataclass(frozen=True)
class Recovery:
    """One node: the config that is applied, what that disturbs, and when its turn comes.

    `complete` says whether all that differs on the node is known here.
    """

    node: Node
    pool: str
    config: str
    disruption: Disruption
    complete: bool
    turn: str

    @property
    def again(self) -> bool:
        """Whether it is the config that the node is on."""
        return self.config == self.node.status.current_config


def recoveries(
    snapshot: Snapshot, nodes: Iterable[str], boot_user: str, now: datetime
) -> tuple[Recovery, ...]:
    """What is in store for these nodes.

    Raises:
        CommandError: one of them has no config to be brought to.
    """
    planned = plan(snapshot, Runs(), boot_user, now).pools
    return tuple(_recovery(snapshot, name, planned, boot_user) for name in nodes)


def _recovery(
    snapshot: Snapshot, name: str, planned: Iterable[PoolPlan], boot_user: str
) -> Recovery:
    of_pool = next(
        (each for each in planned if name in {member.name for member in each.members}), None
    )
    if of_pool is None:
        raise CommandError(f"{name} is in no pool", "give it the labels that a pool selects")
    if not of_pool.target:
        remedy = f"see why: kubectl mc plan {of_pool.name}"
        raise CommandError(f"pool {of_pool.name} of {name} has no rendered config", remedy)
    node = next(each for each in of_pool.members if each.name == name)
    before = _config(snapshot, node.status.current_config, boot_user)
    after = _target(of_pool, snapshot, boot_user)
    asked = _disruption(node, of_pool.name, before or _UNSAID, after or _UNSAID, snapshot)
    complete = before is not None and after is not None and not _is_beyond_us(node)
    return Recovery(node, of_pool.name, of_pool.target, asked, complete, turn=_turn(node, of_pool))


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


def _turn(  # noqa: PLR0911 - a rule a line, the first that holds decides
    node: Node, of: PoolPlan
) -> str:
    """When it is done, in words."""
    spec = of.pool.spec
    if node.held:
        return f"waits until the annotation {names.HOLD} goes"
    if spec.paused:
        return f"waits, for the pool is paused: kubectl mc resume {of.name}"
    if node.status.state is NodeState.WORKING:
        return "waits for the end of the update that the node is in"
    if node.unschedulable and not node.cordoned_by_us:
        return f"waits, for an administrator has cordoned the node: kubectl uncordon {node.name}"
    if not node.ready and not node.in_update:
        return "waits until the node is Ready"
    target = of.target
    budget = Budget.of(of.pool, of.members, target, Runs())
    if not budget.admits(node.name):
        return budget.why_not(node.name)
    return f"takes a slot of pool {of.name} (maxUnavailable {spec.max_unavailable})"
