"""The configs of stories: a version M.N each, where a new M asks for a reboot and a new N does not.

A pool has the version of the last MachineConfig that it selects, so that a custom pool without one
of its own has the worker's. `BROKEN` is what cannot be rendered.
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
    """Render as the product does, but for what a config holds."""
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
    """Return the version that the name of a rendered config stands for; empty for no name."""
    return name.rpartition("-")[2][:3]


def reboots(before: str, after: str) -> bool:
    """Return whether to go from one version to the other asks for a reboot."""
    return before[:1] != after[:1]
