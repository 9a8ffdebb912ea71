"""Files that the kernel does not let another file replace, because they are in use."""

from __future__ import annotations

from typing import Iterable, Iterator

from ...base.errors import NodeError
from ...filesystem import mounts


def validate(paths: Iterable[str]) -> None:
    """Raise a NodeError that names every path that is a mount point or a swap file."""
    problems = list(_problems(paths))
    if problems:
        causes, commands = zip(*problems)
        raise NodeError(
            "; ".join(causes),
            f"run {' and '.join(f'`{each}`' for each in commands)} on the node, and remove what "
            "does it at boot (/etc/fstab, a unit, a container); or change the MachineConfig",
        )


def _problems(paths: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield each problem with the command that ends it."""
    points, swapped = {mount.point for mount in mounts.read()}, mounts.swap_files()
    for path in paths:
        if path in points:
            yield f"{path} cannot be replaced: a file is mounted on it", f"umount {path}"
        elif path in swapped:
            yield f"{path} cannot be replaced: the node swaps in it", f"swapoff {path}"
