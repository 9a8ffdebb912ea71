"""MachineConfiguration: what a change on a node may disturb (the node disruption policy)."""

import re
from enum import StrEnum
from itertools import chain
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from controller.api.drain import Drain
from controller.api.meta import ApiModel, ApiObject, Conditions, Count, keyed_by
from controller.api.names import CLUSTER

UNIT_NAME_PATTERN = (
    r"^[a-zA-Z0-9:._@\\-]+"
    r"\.(service|socket|device|mount|automount|swap|target|path|timer|snapshot|slice|scope)$"
)
UnitName = Annotated[str, Field(max_length=255, pattern=UNIT_NAME_PATTERN)]


class ActionType(StrEnum):
    """What is done on a node after a change."""

    REBOOT = "Reboot"
    DRAIN = "Drain"
    RELOAD = "Reload"
    RESTART = "Restart"
    DAEMON_RELOAD = "DaemonReload"
    NONE = "None"
    # In a status only, for those that other controllers of this API have written.
    SPECIAL = "Special"


class Service(ApiModel):
    """The systemd unit that an action reloads or restarts."""

    service_name: UnitName


class Action(ApiModel):
    """One thing that is done on a node after a change."""

    type: ActionType
    reload: Service | None = None
    restart: Service | None = None

    @model_validator(mode="after")
    def _names_a_service_iff_it_needs_one(self) -> Self:
        for service, kind in ((self.reload, ActionType.RELOAD), (self.restart, ActionType.RESTART)):
            if (service is not None) != (self.type is kind):
                raise ValueError(
                    f"{kind.lower()} is required when type is {kind}, and forbidden otherwise"
                )
        return self


def _reboot_and_none_stand_alone(actions: tuple[Action, ...]) -> tuple[Action, ...]:
    for kind in (ActionType.REBOOT, ActionType.NONE):
        if len(actions) > 1 and any(action.type is kind for action in actions):
            raise ValueError(f"{kind} stands alone: remove it, or the other actions")
    return actions


Actions = Annotated[
    tuple[Action, ...], Field(max_length=10), AfterValidator(_reboot_and_none_stand_alone)
]


# What no path of a file has: no leading slash, `//`, `.` or `..`. One slash at the end is welcome.
_UNCLEAN = re.compile(r"\A(?!/)|//|/\.\.?(/|\Z)")


def _is_clean(path: str) -> str:
    if _UNCLEAN.search(path):
        raise ValueError("write an absolute path without `//`, `.` or `..`")
    return path


class FilePolicy(ApiModel):
    """What follows when a file, or anything below a directory, changes."""

    path: Annotated[str, Field(max_length=4096), AfterValidator(_is_clean)]
    actions: Actions


class UnitPolicy(ApiModel):
    """What follows when a systemd unit changes."""

    name: UnitName
    actions: Actions


class SSHKeyPolicy(ApiModel):
    """What follows when the boot user's SSH keys change."""

    actions: Actions


class DefaultActions(ApiModel):
    """What follows a change that no policy names."""

    files: Actions
    units: Actions


class NodeDisruptionPolicy(ApiModel):
    """What follows a change, file by file and unit by unit."""

    files: Annotated[tuple[FilePolicy, ...], Field(max_length=50), keyed_by("path")] = ()
    units: Annotated[tuple[UnitPolicy, ...], Field(max_length=50), keyed_by("name")] = ()
    sshkey: SSHKeyPolicy | None = None

    @property
    def all_actions(self) -> tuple[Action, ...]:
        """Every action that the policy names."""
        lists = [file.actions for file in self.files]
        lists += [unit.actions for unit in self.units]
        lists += [self.sshkey.actions] if self.sshkey else []
        return tuple(chain.from_iterable(lists))


class MachineConfigurationSpec(ApiModel):
    """The defaults, and the user's policy."""

    default_node_disruption_policy_spec_action: DefaultActions | None = None
    node_disruption_policy: NodeDisruptionPolicy = NodeDisruptionPolicy()
    drain: Drain | None = None

    @model_validator(mode="after")
    def _special_is_for_the_status(self) -> Self:
        default = self.default_node_disruption_policy_spec_action
        actions = self.node_disruption_policy.all_actions
        if default is not None:
            actions += default.files + default.units
        if any(action.type is ActionType.SPECIAL for action in actions):
            raise ValueError("Special is a word of the status: choose another action")
        return self


class ClusterPolicies(ApiModel):
    """The policy in force: the defaults merged with the user's."""

    default_node_disruption_policy_spec_action: DefaultActions | None = None
    files: Annotated[tuple[FilePolicy, ...], Field(max_length=100), keyed_by("path")] = ()
    units: Annotated[tuple[UnitPolicy, ...], Field(max_length=100), keyed_by("name")] = ()
    sshkey: SSHKeyPolicy | None = None


class NodeDisruptionPolicyStatus(ApiModel):
    """What the controller makes of the spec."""

    cluster_policies: ClusterPolicies | None = None


class MachineConfigurationStatus(ApiModel):
    """What the controller has understood."""

    observed_generation: Count | None = None
    conditions: Conditions = ()
    node_disruption_policy_status: NodeDisruptionPolicyStatus | None = None


class MachineConfiguration(ApiObject):
    """What a change on a node may disturb; one a cluster, named `cluster`."""

    kind: Literal["MachineConfiguration"] = "MachineConfiguration"
    spec: MachineConfigurationSpec
    status: MachineConfigurationStatus = MachineConfigurationStatus()

    @model_validator(mode="after")
    def _is_the_only_one(self) -> Self:
        if self.name != CLUSTER:
            raise ValueError(f"the only MachineConfiguration is named `{CLUSTER}`")
        return self
