"""Whether every path of a manifest has a place that it can be written to, and that lasts."""

from __future__ import annotations

import os
from typing import Iterable, Iterator

from ..base.errors import NodeError
from ..filesystem import file_types, mounts
from ..record import node_record


def validate(paths: Iterable[str], folder: str = node_record.FOLDER) -> None:
    """Raise NodeError that names every path, or the record in `folder`, without a good place."""
    own = _mount_problems(folder, nearest_folder(f"{folder}/record.json"), mounts.read())
    problems = [*unwritable(paths).values(), *own]
    if problems:
        raise NodeError("; ".join(problems), "change the paths in the MachineConfig, or the node")


def unwritable(paths: Iterable[str]) -> dict[str, str]:
    """The paths without a good place, and why it is none."""
    mounted = mounts.read()
    return {path: problem for path in paths for problem in _problems(path, mounted)}


def nearest_folder(path: str) -> str:
    """The innermost of the folders around `path` that is there, or what stands in its place."""
    folder = os.path.dirname(path)
    while not os.path.lexists(folder):
        folder = os.path.dirname(folder)
    return folder


def _problems(path: str, mounted: list[mounts.Mount]) -> Iterator[str]:
    folder = nearest_folder(path)
    real = os.path.realpath(folder)
    kind = _unreplaceable(path)
    if real != folder:
        yield f"{path} lies below a symbolic link: its folder {folder} is really {real}"
    elif not os.path.isdir(folder):
        yield f"{path} cannot be made: {folder} is no folder"
    elif kind:
        yield f"{path} cannot be made: a {kind} is in its place"
    else:
        yield from _mount_problems(path, real, mounted)


def _mount_problems(path: str, folder: str, mounted: list[mounts.Mount]) -> Iterator[str]:
    mount = mounts.containing(os.path.realpath(folder), mounted)
    if mount.is_volatile:
        yield f"{path} does not outlast a boot: {mount.point} is a {mount.kind}"
    elif mount.is_read_only:
        yield f"{path} cannot be written: {mount.point} is mounted read-only"


def _unreplaceable(path: str) -> str:
    """What stands at `path` that is neither a regular file nor a link; empty where nothing does."""
    try:
        return file_types.special_type(os.lstat(path).st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return ""
