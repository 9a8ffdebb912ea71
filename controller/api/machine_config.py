"""MachineConfig: a piece of operating-system configuration, written by users or rendered."""

import re
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from controller.api.meta import ApiModel, ApiObject
from controller.api.names import RENDERED_PREFIX

# At most 32 characters, as in the CRD.
IGNITION_3: Final = re.compile(r"(?=.{1,32}\Z)3\.[0-9]+\.[0-9]+")


def _has_an_ignition_3_version(config: dict[str, Any]) -> dict[str, Any]:
    """Check the only part of a config that the CRD checks too; see `controller.ignition`."""
    ignition = config.get("ignition")
    version = ignition.get("version") if isinstance(ignition, dict) else None
    if not isinstance(version, str) or not IGNITION_3.fullmatch(version):
        raise ValueError("ignition.version must be 3.x.y: write `version: 3.4.0`")
    return config


def _none_is_empty(value: object) -> object:
    return () if value is None else value


KernelArgument = Annotated[str, Field(min_length=1, max_length=4096)]


class MachineConfigSpec(ApiModel):
    """The configuration: an Ignition config as the user wrote it."""

    config: Annotated[dict[str, Any], AfterValidator(_has_an_ignition_3_version)] | None = None
    kernel_arguments: Annotated[
        tuple[KernelArgument, ...], Field(max_length=256), BeforeValidator(_none_is_empty)
    ] = ()


class MachineConfig(ApiObject):
    """A piece of operating-system configuration."""

    kind: Literal["MachineConfig"] = "MachineConfig"
    spec: MachineConfigSpec = MachineConfigSpec()

    @property
    def rendered(self) -> bool:
        """Whether the controller rendered it from others."""
        return self.name.startswith(RENDERED_PREFIX)
