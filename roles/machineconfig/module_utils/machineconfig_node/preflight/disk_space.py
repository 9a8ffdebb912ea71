"""Whether the disk has space for a change: the new contents, and copies of the old ones."""

from __future__ import annotations

import collections
import os
import stat
from itertools import chain
from typing import Iterable, Iterator, Tuple

from ..base.errors import NodeError
from ..filesystem import reserve
from ..systemd import unit_paths
from .changes import Changes
from .paths.writable import nearest_folder

# For the record, its journal, the watchdog's code, and new folders.
RESERVED_BYTES = 2 << 20
RESERVED_INODES = 128

_Files = Iterator[Tuple[str, int]]


def validate(changes: Changes, others: Iterable[str] = ()) -> None:
    """Raise a NodeError that names every file system without space for the change.

    `others` are paths that are replaced besides those whose contents change.
    """
    sizes: dict[int, list[int]] = collections.defaultdict(list)
    folders: dict[int, str] = {}
    for path, size in chain(_new_files(changes), ((each, 0) for each in others)):
        folder = nearest_folder(path)
        device = os.stat(folder).st_dev
        folders.setdefault(device, folder)
        sizes[device].append(size)
    kept = reserve.size(sum(map(_size, changes.paths)))
    for device in {os.stat(nearest_folder(path)).st_dev for path in _written_always(changes)}:
        sizes[device] += [kept, *[0] * reserve.inodes(len(changes.paths))]
    problems = [
        problem for device in sizes for problem in _problems(folders[device], sizes[device])
    ]
    if problems:
        raise NodeError("; ".join(problems), "free disk space on the node")


def _new_files(changes: Changes) -> _Files:
    """Yield the path and size of each file that the change creates."""
    for each in changes.writes:
        yield each.path, len(each.content)
    for path, original in changes.originals():
        yield path, _size(original)
    for path in changes.paths:
        kept = _size(path)
        # One copy for a rollback, and one more as the original if the path is newly managed.
        yield os.path.join(changes.folder, "transaction", "copy"), kept
        if path not in changes.record.paths:
            yield os.path.join(changes.folder, "originals", "copy"), kept
    yield from ((path, 0) for path in _written_always(changes))


def _written_always(changes: Changes) -> tuple[str, str]:
    """Return where every change writes the record and the watchdog, each with a reserve."""
    watchdog = os.path.join(unit_paths.UNIT_FOLDER, "timer")
    return os.path.join(changes.folder, "record.json"), watchdog


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
    # A file system that allocates inodes on demand reports none.
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
