"""Whether a change fits: the new contents, and the copies that are kept of what was there."""

from __future__ import annotations

import collections
import os
import stat
from itertools import chain
from typing import Iterable, Iterator, Tuple

from ..base.errors import NodeError
from ..systemd import unit_paths
from .changes import Changes
from .writable import nearest_folder

# For the record, its journal, the timer's code, and folders that a path may need.
RESERVED_BYTES = 2 << 20
RESERVED_INODES = 128

_Files = Iterator[Tuple[str, int]]


def validate(changes: Changes, others: Iterable[str] = ()) -> None:
    """Raise NodeError that names every file system without room for the change.

    `others` are paths that it replaces beside those whose contents it changes.
    """
    sizes: dict[int, list[int]] = collections.defaultdict(list)
    folders: dict[int, str] = {}
    for path, size in chain(_new_files(changes), ((each, 0) for each in others)):
        folder = nearest_folder(path)
        device = os.stat(folder).st_dev
        folders.setdefault(device, folder)
        sizes[device].append(size)
    problems = [
        problem for device in sizes for problem in _problems(folders[device], sizes[device])
    ]
    if problems:
        raise NodeError("; ".join(problems), "make room on the node")


def _new_files(changes: Changes) -> _Files:
    """Where a file will be made, and how large, for all files that the change makes."""
    for desired in changes.writes:
        yield desired.path, len(desired.content)
    for path, original in changes.originals():
        yield path, _size(original)
    for path in changes.paths:
        kept = _size(path)
        # One copy for the way back, and at the first takeover one more for the day of its end.
        yield os.path.join(changes.folder, "transaction", "copy"), kept
        if path not in changes.record.paths:
            yield os.path.join(changes.folder, "originals", "copy"), kept
    # What every change writes: the record, and the timer's units.
    yield os.path.join(changes.folder, "record.json"), 0
    yield os.path.join(unit_paths.UNIT_FOLDER, "timer"), 0


def _problems(folder: str, sizes: list[int]) -> Iterator[str]:
    found = os.statvfs(folder)
    block = found.f_frsize
    need = RESERVED_BYTES + sum(-(-size // block) * block for size in sizes)
    free = found.f_bavail * block
    if need > free:
        yield (
            f"the file system of {folder} is too full: the change needs {_mebibytes(need)},"
            f" and {_mebibytes(free)} are free"
        )
    # A file system that makes inodes as it needs them counts none.
    if found.f_files and found.f_favail < len(sizes) + RESERVED_INODES:
        yield f"the file system of {folder} has only {found.f_favail} inodes left"


def _size(path: str) -> int:
    try:
        found = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return 0
    return found.st_size if stat.S_ISREG(found.st_mode) else 0


def _mebibytes(size: int) -> str:
    return f"{size / (1 << 20):.1f} MiB"
