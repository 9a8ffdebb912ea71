"""Whether the next boot can mount what a `.mount` or `.swap` unit describes."""

from __future__ import annotations

from typing import Iterator

from ...base.view import View
from ..mounts import boot_mounts, mount_options
from ..mounts.boot_mounts import BootMount
from .unit_settings import Settings


def problems(unit: str, settings: Settings, view: View) -> Iterator[str]:
    """Yield the problems of a unit with these settings; only those that a boot starts have any."""
    starts_at_boot = settings["RequiredBy"] or settings["WantedBy"]
    mount = _mount(unit, settings)
    if starts_at_boot and mount and "%" not in mount.source + mount.point:
        yield from (f"{unit}: {problem}" for problem in boot_mounts.problems(mount, view))


def _mount(unit: str, settings: Settings) -> BootMount | None:
    is_swap = unit.endswith(".swap")
    source, point = settings["What"][-1:], settings["Where"][-1:]
    if not source or not (point or is_swap):
        return None
    # The boot goes on without a mount that nothing requires.
    optional = [] if settings["RequiredBy"] else ["nofail"]
    options = mount_options.split(",".join([*settings["Options"], *optional]))
    kind = "swap" if is_swap else "".join(settings["Type"][-1:]) or "auto"
    return BootMount(source[0], "".join(point), kind, options)
