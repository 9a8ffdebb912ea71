"""Whether every path can be written, and survives a reboot."""

from __future__ import annotations

import os
from typing import Iterable, Iterator

from ...base.errors import NodeError
from ...filesystem import file_types, mounts
from ...record import node_record


def validate(paths: Iterable[str], folder: str = node_record.FOLDER) -> None:
    """Raise a NodeError that names every unwritable path, also of the record in `folder`."""
    own = _mount_problems(folder, nearest_folder(f"{folder}/record.json"), mounts.read())
    problems = [*unwritable(paths).values(), *own]
    if problems:
        raise NodeError("; ".join(problems), "change the paths in the MachineConfig, or the node")


def unwritable(paths: Iterable[str]) -> dict[str, str]:
    """Return the paths that cannot be written, each with the reason."""
    mounted = mounts.read()
    return {path: problem for path in paths for problem in _problems(path, mounted)}


def nearest_folder(path: str) -> str:
    """Return the innermost existing parent of `path`, or what is in its place."""
    folder = os.path.dirname(path)
    while not os.path.lexists(folder):
        folder = os.path.dirname(folder)
    return folder


def _problems(path: str, mounted: list[mounts.Mount]) -> Iterator[str]:
    folder = nearest_folder(path)
    real = os.path.realpath(folder)
    special = _special_type(path)
    if real != folder:
        yield f"{path} is below a symbolic link: its folder {folder} resolves to {real}"
    elif not os.path.isdir(folder):
        yield f"{path} cannot be created: {folder} is not a folder"
    elif special:
        yield f"{path} cannot be created: a {special} is in its place"
    else:
        yield from _mount_problems(path, real, mounted)


def _mount_problems(path: str, folder: str, mounted: list[mounts.Mount]) -> Iterator[str]:
    mount = mounts.containing(os.path.realpath(folder), mounted)
    if mount.is_volatile:
        yield f"{path} does not survive a reboot: {mount.point} is a {mount.type}"
    elif mount.is_read_only:
        yield f"{path} cannot be written: {mount.point} is mounted read-only"


def _special_type(path: str) -> str:
    """Return the type of `path` if it is neither a regular file nor a link; else empty."""
    try:
        return file_types.special_type(os.lstat(path).st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return ""
