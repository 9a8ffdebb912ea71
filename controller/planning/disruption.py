"""Which actions a set of differences asks for under a disruption policy.

A file is looked up by its exact path, then by its longest parent directory that the policy names,
then by the default; a unit by its name, then by the default; SSH keys by their own entry.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final, Literal

from controller.api.machine_configuration import (
    Action,
    ActionType,
    ClusterPolicies,
    DefaultActions,
    MachineConfiguration,
    MachineConfigurationSpec,
    NodeDisruptionPolicy,
    SSHKeyPolicy,
)

_REBOOT: Final = (Action(type=ActionType.REBOOT),)
_NONE: Final = (Action(type=ActionType.NONE),)

# What holds where nobody has said anything: the MachineConfiguration that the controller makes.
SHIPPED: Final = MachineConfigurationSpec(
    default_node_disruption_policy_spec_action=DefaultActions(files=_NONE, units=_REBOOT),
    node_disruption_policy=NodeDisruptionPolicy(sshkey=SSHKeyPolicy(actions=_NONE)),
)


@dataclass(frozen=True)
class Difference:
    """One thing that changes on a node: a file by its path, a unit by its name, or SSH keys."""

    kind: Literal["file", "unit", "sshkey"]
    name: str


@dataclass(frozen=True)
class Disruption:
    """The actions, each once and in order, and for each difference why it asks for what it does.

    `running` says what becomes of units that run and are not to start again, where that is known.
    """

    actions: tuple[Action, ...]
    reasons: tuple[str, ...]
    running: tuple[str, ...] = ()

    @property
    def drains(self) -> bool:
        """Whether the node has to be cordoned and drained first."""
        return any(each.type in {ActionType.REBOOT, ActionType.DRAIN} for each in self.actions)


def policies(configuration: MachineConfiguration | None) -> ClusterPolicies:
    """The policy in force: the user's, and the shipped default where the user says nothing."""
    spec = configuration.spec if configuration else SHIPPED
    default = spec.default_node_disruption_policy_spec_action
    policy = spec.node_disruption_policy
    return ClusterPolicies(
        default_node_disruption_policy_spec_action=default
        or SHIPPED.default_node_disruption_policy_spec_action,
        files=policy.files,
        units=policy.units,
        sshkey=policy.sshkey or SHIPPED.node_disruption_policy.sshkey,
    )


def disruption(differences: Iterable[Difference], policy: ClusterPolicies) -> Disruption:
    """What `differences` ask for: any Reboot wins, None falls away, duplicates run once."""
    asked: dict[Action, None] = {}
    reasons: dict[str, None] = {}
    for difference in differences:
        actions = _actions(difference, policy)
        asked.update(dict.fromkeys(actions))
        words = ", ".join(map(_word, actions)) or ActionType.NONE.value
        reasons[f"{words}: {difference.name} changed"] = None
    wanted = tuple(action for action in asked if action.type is not ActionType.NONE)
    reboots = any(action.type is ActionType.REBOOT for action in wanted)
    return Disruption(_REBOOT if reboots else wanted, tuple(reasons))


def _actions(difference: Difference, policy: ClusterPolicies) -> tuple[Action, ...]:
    default = policy.default_node_disruption_policy_spec_action
    if difference.kind == "sshkey":
        return policy.sshkey.actions if policy.sshkey else _NONE
    if difference.kind == "unit":
        named = {each.name: each.actions for each in policy.units}
        return named.get(difference.name, default.units if default else _REBOOT)
    return _of_file(difference.name, policy, default.files if default else _NONE)


def _of_file(path: str, policy: ClusterPolicies, default: tuple[Action, ...]) -> tuple[Action, ...]:
    named = {each.path.rstrip("/") or "/": each.actions for each in policy.files}
    places = [path, *map(str, PurePosixPath(path).parents)]
    return next((named[place] for place in places if place in named), default)


def _word(action: Action) -> str:
    service = action.reload or action.restart
    return f"{action.type} {service.service_name}" if service else action.type.value
