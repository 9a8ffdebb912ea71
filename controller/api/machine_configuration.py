"""MachineConfiguration: the node disruption policy, and defaults for drains."""

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
    """The type of an action on a node after a change."""

    REBOOT = "Reboot"
    DRAIN = "Drain"
    RELOAD = "Reload"
    RESTART = "Restart"
    DAEMON_RELOAD = "DaemonReload"
    NONE = "None"
    # Only in a status, for entries that other controllers of this API wrote.
    SPECIAL = "Special"


class Service(ApiModel):
    """The systemd unit that an action reloads or restarts."""

    service_name: UnitName


class Action(ApiModel):
    """An action on a node after a change."""

    type: ActionType
    reload: Service | None = None
    restart: Service | None = None

    @model_validator(mode="after")
    def _names_a_service_iff_it_needs_one(self) -> Self:
        services = (self.reload, ActionType.RELOAD), (self.restart, ActionType.RESTART)
        for service, action_type in services:
            field = action_type.lower()
            if service is None and self.type is action_type:
                remedy = f"write `{field}: {{serviceName: UNIT}}`"
                raise ValueError(f"type {action_type} needs a service: {remedy}")
            if service is not None and self.type is not action_type:
                remedy = f"write `type: {action_type}`, or remove {field}"
                raise ValueError(f"{field} is only for type {action_type}: {remedy}")
        return self


def _reboot_and_none_are_exclusive(actions: tuple[Action, ...]) -> tuple[Action, ...]:
    for action_type in (ActionType.REBOOT, ActionType.NONE):
        if len(actions) > 1 and any(action.type is action_type for action in actions):
            raise ValueError(
                f"{action_type} must be the only action: remove it, or the other actions"
            )
    return actions


Actions = Annotated[
    tuple[Action, ...], Field(max_length=10), AfterValidator(_reboot_and_none_are_exclusive)
]


# A missing leading slash, `//`, `.` or `..`. One slash at the end is allowed.
_UNCLEAN = re.compile(r"\A(?!/)|//|/\.\.?(/|\Z)")


def _is_clean(path: str) -> str:
    if _UNCLEAN.search(path):
        raise ValueError("write an absolute path without `//`, `.` or `..`")
    return path


class FilePolicy(ApiModel):
    """The actions after a change of a file, or of anything below a directory."""

    path: Annotated[str, Field(max_length=4096), AfterValidator(_is_clean)]
    actions: Actions


class UnitPolicy(ApiModel):
    """The actions after a change of a systemd unit."""

    name: UnitName
    actions: Actions


class SSHKeyPolicy(ApiModel):
    """The actions after a change of the boot user's SSH keys."""

    actions: Actions


class DefaultActions(ApiModel):
    """The actions after a change for which no policy exists."""

    files: Actions
    units: Actions


class NodeDisruptionPolicy(ApiModel):
    """The actions after a change, by file and by unit."""

    files: Annotated[tuple[FilePolicy, ...], Field(max_length=50), keyed_by("path")] = ()
    units: Annotated[tuple[UnitPolicy, ...], Field(max_length=50), keyed_by("name")] = ()
    sshkey: SSHKeyPolicy | None = None

    @property
    def all_actions(self) -> tuple[Action, ...]:
        """All actions of the policy."""
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
            raise ValueError("Special is allowed in a status only: choose another action")
        return self


class ClusterPolicies(ApiModel):
    """The effective policy: the defaults merged with the user's policy."""

    default_node_disruption_policy_spec_action: DefaultActions | None = None
    files: Annotated[tuple[FilePolicy, ...], Field(max_length=100), keyed_by("path")] = ()
    units: Annotated[tuple[UnitPolicy, ...], Field(max_length=100), keyed_by("name")] = ()
    sshkey: SSHKeyPolicy | None = None


class NodeDisruptionPolicyStatus(ApiModel):
    """The effective policies."""

    cluster_policies: ClusterPolicies | None = None


class MachineConfigurationStatus(ApiModel):
    """The status, written by the controller."""

    observed_generation: Count | None = None
    conditions: Conditions = ()
    node_disruption_policy_status: NodeDisruptionPolicyStatus | None = None


class MachineConfiguration(ApiObject):
    """The node disruption policy; a cluster has one, named `cluster`."""

    kind: Literal["MachineConfiguration"] = "MachineConfiguration"
    spec: MachineConfigurationSpec
    status: MachineConfigurationStatus = MachineConfigurationStatus()

    @model_validator(mode="after")
    def _is_the_only_one(self) -> Self:
        if self.name != CLUSTER:
            raise ValueError(
                f"the only MachineConfiguration is named {CLUSTER}: set `metadata.name: {CLUSTER}`"
            )
        return self
