"""The configs of stories: each is a version M.N, where a new M needs a reboot and a new N does not.

A pool has the version of the last MachineConfig that it selects, so a custom pool without one of
its own has the worker's. The version `BROKEN` cannot be rendered.
"""

from collections.abc import Sequence
from functools import cache
from typing import Final

from controller.api import names
from controller.api.machine_config import MachineConfig
from controller.rendering.refusal import Refusal
from controller.rendering.render import Rendered

BROKEN: Final = "broken"
_DIGITS: Final = 16  # of the hash in a real name, by which the planner knows the same effect


@cache
def machine_config(role: str, version: str) -> MachineConfig:
    """Return the one MachineConfig of a role."""
    return MachineConfig.model_validate(
        {
            "metadata": {"name": f"50-{role}", "labels": {names.ROLE_LABEL: role}},
            "spec": {"config": {"ignition": {"version": "3.4.0"}, "version": version}},
        }
    )


@cache
def rendered(name: str) -> MachineConfig:
    """Return the rendered MachineConfig of this name."""
    return MachineConfig.model_validate(
        {"metadata": {"name": name}, "spec": {"config": {"ignition": {"version": "3.4.0"}}}}
    )


def render(
    pool: str, sources: Sequence[MachineConfig], boot_user: str
) -> Rendered | tuple[Refusal, ...]:
    """Return a rendered config with no content, or why there is none."""
    del boot_user
    if not sources:
        return (Refusal(f"pool {pool}", "", "it selects no MachineConfig"),)
    version = str((sources[-1].spec.config or {})["version"])
    if version == BROKEN:
        return (Refusal(sources[-1].name, "", "it holds a link"),)
    return Rendered(rendered_name(pool, version), {}, (), (sources[-1].name,), (), ())


def rendered_name(pool: str, version: str) -> str:
    """Return the name of the rendered config of this version."""
    return f"{names.RENDERED_PREFIX}{pool}-{version:0<{_DIGITS}}"


def version(name: str) -> str:
    """Return the version in the name of a rendered config; empty for an empty name."""
    return name.rpartition("-")[2][:3]


def reboots(before: str, after: str) -> bool:
    """Return whether an update from one version to the other needs a reboot."""
    return before[:1] != after[:1]
