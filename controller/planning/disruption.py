"""The actions that a set of differences requires under a disruption policy.

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

# The spec of the MachineConfiguration that the controller creates.
DEFAULT_POLICY: Final = MachineConfigurationSpec(
    default_node_disruption_policy_spec_action=DefaultActions(files=_NONE, units=_REBOOT),
    node_disruption_policy=NodeDisruptionPolicy(sshkey=SSHKeyPolicy(actions=_NONE)),
)


@dataclass(frozen=True)
class Difference:
    """One thing that changes on a node: a file by its path, a unit by its name, or SSH keys."""

    item_type: Literal["file", "unit", "sshkey"]
    name: str


@dataclass(frozen=True)
class Disruption:
    """The actions, each once and in order, with a reason for each difference.

    `running` describes the effects on running units, where these are known.
    """

    actions: tuple[Action, ...]
    reasons: tuple[str, ...]
    running: tuple[str, ...] = ()

    @property
    def drains(self) -> bool:
        """Whether the node has to be cordoned and drained first."""
        return any(action.type in {ActionType.REBOOT, ActionType.DRAIN} for action in self.actions)


def effective_policy(configuration: MachineConfiguration | None) -> ClusterPolicies:
    """Return the user's policy, completed by the default one."""
    spec = configuration.spec if configuration else DEFAULT_POLICY
    default = spec.default_node_disruption_policy_spec_action
    policy = spec.node_disruption_policy
    return ClusterPolicies(
        default_node_disruption_policy_spec_action=default
        or DEFAULT_POLICY.default_node_disruption_policy_spec_action,
        files=policy.files,
        units=policy.units,
        sshkey=policy.sshkey or DEFAULT_POLICY.node_disruption_policy.sshkey,
    )


def disruption(differences: Iterable[Difference], policy: ClusterPolicies) -> Disruption:
    """Return what `differences` require: any Reboot wins, None is dropped, duplicates run once."""
    required: dict[Action, None] = {}
    reasons: dict[str, None] = {}
    for difference in differences:
        actions = _actions(difference, policy)
        required.update(dict.fromkeys(actions))
        listed = ", ".join(map(_describe, actions)) or ActionType.NONE.value
        reasons[f"{listed}: {difference.name} changed"] = None
    remaining = tuple(action for action in required if action.type is not ActionType.NONE)
    reboots = any(action.type is ActionType.REBOOT for action in remaining)
    return Disruption(_REBOOT if reboots else remaining, tuple(reasons))


def _actions(difference: Difference, policy: ClusterPolicies) -> tuple[Action, ...]:
    default = policy.default_node_disruption_policy_spec_action
    if difference.item_type == "sshkey":
        return policy.sshkey.actions if policy.sshkey else _NONE
    if difference.item_type == "unit":
        named = {unit.name: unit.actions for unit in policy.units}
        return named.get(difference.name, default.units if default else _REBOOT)
    return _file_actions(difference.name, policy, default.files if default else _NONE)


def _file_actions(
    path: str, policy: ClusterPolicies, default: tuple[Action, ...]
) -> tuple[Action, ...]:
    named = {file.path.rstrip("/") or "/": file.actions for file in policy.files}
    lookup = [path, *map(str, PurePosixPath(path).parents)]
    return next((named[place] for place in lookup if place in named), default)


def _describe(action: Action) -> str:
    service = action.reload or action.restart
    return f"{action.type} {service.service_name}" if service else action.type.value
