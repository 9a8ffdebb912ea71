"""Counts the boots into an unconfirmed config, and finds a node that reboots again and again.

In such a loop no boot lasts until the timer of the watchdog expires.
"""

from __future__ import annotations

import os
import signal
import time

from ..filesystem import durable
from ..record import node_record

# One is ordered by the apply, and others may be a person's, or losses of power.
_MOST = 3
_PAUSE = 0.2  # seconds
# Seconds for which the root may be read-only at the beginning of a boot.
_PATIENCE = 120.0


def count(folder: str) -> int:
    """Add this boot to those since `begin`, and return how many there are.

    Zero if the folder stays read-only. The boot makes it writable after checking the disk, and not
    this module.
    """
    due = time.monotonic() + _PATIENCE
    if os.statvfs(folder).f_flag & os.ST_RDONLY:
        # It was ignored, so that the end of the boot waits for the count.
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
    while os.statvfs(folder).f_flag & os.ST_RDONLY:
        if time.monotonic() > due:
            return 0
        time.sleep(_PAUSE)
    boots = list(dict.fromkeys(_read(folder)))
    boot = node_record.boot_id()
    if boot not in boots:
        boots.append(boot)
        _write(folder, boots)
    # The end of a boot starts targets too, and with them the counter: so the first one is known.
    return len(boots) - 1


def is_loop(boots: int) -> bool:
    """Whether so many unconfirmed boots are more than a change and a mishap need."""
    return boots > _MOST


def begin(folder: str) -> None:
    """Begin to count anew, with this boot as the one before the first."""
    _write(folder, [node_record.boot_id()])


def _read(folder: str) -> list[str]:
    try:
        with open(_path(folder), encoding="ascii") as stream:
            return stream.read().split()
    except FileNotFoundError:
        return []


def _write(folder: str, boots: list[str]) -> None:
    durable.write_file(_path(folder), "".join(f"{boot}\n" for boot in boots).encode(), 0o600, 0, 0)


def _path(folder: str) -> str:
    return os.path.join(folder, "boots")
