"""MachineConfigPool: the nodes that share one rendered MachineConfig."""

from typing import Annotated, Final, Literal, Self

from pydantic import Field, StrictBool, StrictInt, model_validator

from controller.api.control_plane import ControlPlane
from controller.api.drain import Drain
from controller.api.meta import (
    ApiModel,
    ApiObject,
    Condition,
    Conditions,
    Count,
    LabelSelector,
    ObjectReference,
)

# The name is part of other names: rendered-<pool>-<hash>.
MAX_NAME_LENGTH: Final = 63

MaxUnavailable = (
    Annotated[StrictInt, Field(ge=1)] | Annotated[str, Field(pattern=r"^([1-9][0-9]?|100)%$")]
)


class PoolConfiguration(ObjectReference):
    """A rendered MachineConfig, and the MachineConfigs that it was rendered from."""

    source: Annotated[tuple[ObjectReference, ...], Field(max_length=1000)] = ()


class MachineConfigPoolSpec(ApiModel):
    """The pool's nodes, its MachineConfigs, and the pace of its rollouts."""

    machine_config_selector: LabelSelector = LabelSelector()
    node_selector: LabelSelector = LabelSelector()
    paused: StrictBool = False
    max_unavailable: MaxUnavailable = 1
    drain: Drain | None = None
    control_plane: ControlPlane | None = None
    configuration: PoolConfiguration | None = None


class MachineConfigPoolStatus(ApiModel):
    """The progress of the pool's nodes."""

    observed_generation: Count | None = None
    configuration: PoolConfiguration | None = None
    machine_count: Count = 0
    updated_machine_count: Count = 0
    ready_machine_count: Count = 0
    unavailable_machine_count: Count = 0
    degraded_machine_count: Count = 0
    # Of the pool `master`: how many nodes it ever had at once, or has by its spec.
    control_plane_nodes: Count | None = None
    conditions: Conditions = ()

    def condition(self, condition_type: str) -> Condition | None:
        """The condition of this type, where the pool has one."""
        return next((c for c in self.conditions if c.type == condition_type), None)


class MachineConfigPool(ApiObject):
    """The nodes that share one rendered MachineConfig."""

    kind: Literal["MachineConfigPool"] = "MachineConfigPool"
    spec: MachineConfigPoolSpec
    status: MachineConfigPoolStatus = MachineConfigPoolStatus()

    @model_validator(mode="after")
    def _its_name_leaves_room(self) -> Self:
        if len(self.name) > MAX_NAME_LENGTH:
            raise ValueError(f"a pool's name has at most {MAX_NAME_LENGTH} characters")
        return self
