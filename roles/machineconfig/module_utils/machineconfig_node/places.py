"""Whether every path of a manifest has a place that it can be written to, and that lasts."""

from __future__ import annotations

import os
import stat
from typing import Iterator

from .desired import Desired
from .errors import NodeError

FLEETING = {"tmpfs", "ramfs", "devtmpfs", "proc", "sysfs"}


def prove(desired: Desired) -> None:
    """Raise NodeError that names every path without a good place."""
    problems: list[str] = []
    mounts = _mounts()
    for path in desired.paths:
        problems.extend(_problems(path, mounts))
    if problems:
        raise NodeError("; ".join(problems), "change the paths in the MachineConfig, or the node")


def _problems(path: str, mounts: list[list[str]]) -> Iterator[str]:
    folder = os.path.dirname(path)
    while not os.path.lexists(folder):
        folder = os.path.dirname(folder)
    real = os.path.realpath(folder)
    if real != folder:
        yield f"{path} lies below a symbolic link: its folder {folder} is really {real}"
    elif not os.path.isdir(folder):
        yield f"{path} cannot be made: {folder} is no folder"
    elif os.path.lexists(path) and not _replaceable(path):
        yield f"{path} is a folder or a special file"
    else:
        yield from _mount_problems(path, real, mounts)


def _mount_problems(path: str, folder: str, mounts: list[list[str]]) -> Iterator[str]:
    point, kind, options = max(
        # Of two mounts at one point the later one covers the other.
        (mount for mount in reversed(mounts) if _below(folder, mount[0])),
        key=lambda mount: len(mount[0]),
    )
    if kind in FLEETING:
        yield f"{path} does not outlast a boot: {point} is a {kind}"
    elif "ro" in options.split(","):
        yield f"{path} cannot be written: {point} is mounted read-only"


def _below(folder: str, point: str) -> bool:
    return point in {"/", folder} or folder.startswith(point + "/")


def _replaceable(path: str) -> bool:
    mode = os.lstat(path).st_mode
    return stat.S_ISREG(mode) or stat.S_ISLNK(mode)


def _mounts() -> list[list[str]]:
    with open("/proc/self/mounts", encoding="utf-8", errors="surrogateescape") as stream:
        lines = [line.split() for line in stream]
    return [[words[1].replace("\\040", " "), words[2], words[3]] for words in lines]
