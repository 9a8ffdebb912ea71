"""Caches the digests of the last checks, so that unchanged files are not read again.

A digest is valid while the file has the same inode, size and times, as in git's index: the kernel
updates the ctime with each change, and no user can set it. Exceptions:

- Two changes within one clock tick have the same ctime. So a digest is cached only if the last
  change was longer ago than any tick when the file was read.
- A clock that is set back repeats times. So a step of the clock invalidates the cache.
- To detect anything else, all files are read again once in an interval.
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
# Longer than the coarsest tick (2 s on FAT), and than two undetected steps.
_TICK = 3 * _SECOND
_STEP = 1 * _SECOND

# Device, inode, size, ctime and mtime.
_Attributes = Tuple[int, ...]


@dataclasses.dataclass
class _Cache:
    """The digests since the last full read, by path, with the attributes of the file."""

    boot_id: str
    # By the monotonic clock; and by how much the wall clock was ahead of it then.
    full_read: int
    ahead: int
    digests: dict[str, tuple[_Attributes, str]]


@contextlib.contextmanager
def opened(full_read_after: int, path: str = PATH) -> Iterator[compare.Digest]:
    """Yield a function that returns digests and caches them; after 0 seconds, none is valid."""
    now = _Cache(node_record.boot_id(), uptime(), wall() - uptime(), {})
    before = _read(path)
    kept = before if before and _is_usable(before, now, full_read_after) else now
    read: dict[str, tuple[_Attributes, str]] = {}

    def digest_of(file: str, found: safe_paths.OpenPath) -> str:
        attributes = _attributes(found.status)
        known, digest = kept.digests.get(file, ((), ""))
        if known == attributes:
            return digest
        # Before reading: a later change also has a later ctime.
        is_old = found.status.st_ctime_ns < wall() - _TICK
        digest = compare.digest(file, found)
        if is_old:
            read[file] = (attributes, digest)
        return digest

    yield digest_of
    if kept is now or read:
        _write(path, dataclasses.replace(kept, digests={**kept.digests, **read}))


def _is_usable(before: _Cache, now: _Cache, full_read_after: int) -> bool:
    same_boot, stepped = before.boot_id == now.boot_id, abs(now.ahead - before.ahead) > _STEP
    return (
        same_boot
        and not stepped
        and 0 <= now.full_read - before.full_read < full_read_after * _SECOND
    )


def _attributes(found: os.stat_result) -> _Attributes:
    return found.st_dev, found.st_ino, found.st_size, found.st_ctime_ns, found.st_mtime_ns


def _read(path: str) -> _Cache | None:
    """Return the cache that was written last; None if it is missing or invalid."""
    try:
        with safe_paths.opened(path) as there:
            data = _load(there)
        digests = {
            file: (tuple(map(int, attributes)), str(digest))
            for file, (attributes, digest) in data["digests"].items()
        }
        return _Cache(str(data["boot_id"]), int(data["full_read"]), int(data["ahead"]), digests)
    except (OSError, NodeError, ValueError, TypeError, LookupError, AttributeError):
        return None


def _load(there: safe_paths.OpenPath | None) -> Any:  # noqa: ANN401 - any JSON
    """Return the content; raise a ValueError if another user may have written the file."""
    if not there or there.type != "file":
        raise ValueError
    if there.status.st_uid != os.geteuid() or there.status.st_mode & 0o077:
        raise ValueError
    with there.open() as stream:
        return json.load(stream)


def _write(path: str, kept: _Cache) -> None:
    """Write the cache; if this fails, the next check reads everything."""
    content = json.dumps(dataclasses.asdict(kept)).encode("utf-8", "surrogateescape")
    with contextlib.suppress(OSError):
        durable.make_folders(path, 0o700)
        durable.write_file(path, content, 0o600, 0, 0)


def wall() -> int:
    """Return the wall clock, from which files get their times, in nanoseconds."""
    return time.time_ns()


def uptime() -> int:
    """Return the time since boot, which cannot be set, in nanoseconds."""
    return int(time.clock_gettime(time.CLOCK_BOOTTIME) * _SECOND)
