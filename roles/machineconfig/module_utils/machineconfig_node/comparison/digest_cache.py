"""The digests of the last checks, so that files that nobody has touched are not read again.

A digest is trusted while the file has the same inode, size and times, as git trusts its index: the
kernel moves the ctime with each change, and nobody else can set it. What that leaves open:

- Two changes within one tick of the clock have the same ctime. So only that of a file is kept whose
  last change was longer ago than any tick when it was read.
- A clock that was set shows a time once more. So with a step of the clock all digests are gone.
- What no such rule thinks of is found by reading everything, once in an interval.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import time
from typing import Any, Iterator, Tuple

from ..base.errors import NodeError
from ..filesystem import durable, safe_paths
from ..record import node_record
from . import compare

PATH = "/run/machine-config/digests.json"
_SECOND = 1_000_000_000
# More than FAT's two seconds, the coarsest tick there is, and than two steps that go unnoticed.
_TICK = 3 * _SECOND
_STEP = 1 * _SECOND

# Device, inode, size, ctime and mtime.
_Marks = Tuple[int, ...]


@dataclasses.dataclass
class _Cache:
    """What was read since everything was read: by path, under which marks which digest."""

    boot_id: str
    # By the clock that nobody sets; and how far the wall clock was ahead of that one then.
    full_read: int
    ahead: int
    digests: dict[str, tuple[_Marks, str]]


@contextlib.contextmanager
def opened(full_read_after: int, path: str = PATH) -> Iterator[compare.Digest]:
    """What tells digests, and remembers those that are asked for; 0 seconds: nothing is trusted."""
    now = _Cache(node_record.boot_id(), uptime(), wall() - uptime(), {})
    before = _read(path)
    kept = before if before and _is_usable(before, now, full_read_after) else now
    read: dict[str, tuple[_Marks, str]] = {}

    def tell(file: str, found: safe_paths.OpenPath) -> str:
        marks = _marks(found.status)
        known, told = kept.digests.get(file, ((), ""))
        if known == marks:
            return told
        # Before it is read: what changes from then on has a later ctime than these marks.
        is_old = found.status.st_ctime_ns < wall() - _TICK
        told = compare.digest(file, found)
        if is_old:
            read[file] = (marks, told)
        return told

    yield tell
    if kept is now or read:
        _write(path, dataclasses.replace(kept, digests={**kept.digests, **read}))


def _is_usable(before: _Cache, now: _Cache, full_read_after: int) -> bool:
    same_boot, stepped = before.boot_id == now.boot_id, abs(now.ahead - before.ahead) > _STEP
    return (
        same_boot
        and not stepped
        and 0 <= now.full_read - before.full_read < full_read_after * _SECOND
    )


def _marks(found: os.stat_result) -> _Marks:
    return found.st_dev, found.st_ino, found.st_size, found.st_ctime_ns, found.st_mtime_ns


def _read(path: str) -> _Cache | None:
    """What was written last; None where there is nothing, or what is there makes no sense."""
    try:
        with safe_paths.opened(path) as there:
            data = _load(there)
        digests = {
            file: (tuple(map(int, marks)), str(told))
            for file, (marks, told) in data["digests"].items()
        }
        return _Cache(str(data["boot_id"]), int(data["full_read"]), int(data["ahead"]), digests)
    except (OSError, NodeError, ValueError, TypeError, LookupError, AttributeError):
        return None


def _load(there: safe_paths.OpenPath | None) -> Any:  # noqa: ANN401 - any JSON
    """What the file holds; ValueError where there is none, or anybody else may have written it."""
    if not there or there.type != "file":
        raise ValueError
    if there.status.st_uid != os.geteuid() or there.status.st_mode & 0o077:
        raise ValueError
    with there.open() as stream:
        return json.load(stream)


def _write(path: str, kept: _Cache) -> None:
    """Keep it for the next time; where that cannot be, the next time reads everything."""
    content = json.dumps(dataclasses.asdict(kept)).encode("utf-8", "surrogateescape")
    with contextlib.suppress(OSError):
        durable.make_folders(path, 0o700)
        durable.write_file(path, content, 0o600, 0, 0)


def wall() -> int:
    """The clock that files have their times from, in nanoseconds."""
    return time.time_ns()


def uptime() -> int:
    """The clock that nobody sets, in nanoseconds."""
    return int(time.clock_gettime(time.CLOCK_BOOTTIME) * _SECOND)
