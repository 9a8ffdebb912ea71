"""Warns of files that something else uses too, and continues to use after they are replaced."""

from __future__ import annotations

import contextlib
import glob
import os
import stat
from typing import Iterator

from ...comparison import compare
from ...manifest.desired_state import DesiredState
from ...record.node_record import Record

_LOOP_DEVICES = "/sys/block/*/loop/backing_file"


def warnings(desired: DesiredState, record: Record) -> Iterator[str]:
    """Yield a warning for each file with other names or users that the change replaces."""
    loops = dict(_backing_files())
    for path, each in desired.paths.items():
        if not compare.matches(path, each.to_entry()):
            yield from _of_links(path)
            yield from _of_loop(path, loops)
    for path, entry in compare.to_restore(desired, record).items():
        others = entry["original"].get("links", 1) - 1
        if others and compare.matches(path, entry):
            yield (
                f"{path} is restored as a file of its own: when it was first managed, it had"
                f" {_counted(others)}"
            )


def _of_links(path: str) -> Iterator[str]:
    try:
        found = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return
    if stat.S_ISREG(found.st_mode) and found.st_nlink > 1:
        yield (
            f"{path} has {_counted(found.st_nlink - 1)}, which keep the present content; a later"
            " restore makes it a file of its own"
            f" (`find / -xdev -inum {found.st_ino}` on the node lists all names)"
        )


def _of_loop(path: str, loops: dict[str, str]) -> Iterator[str]:
    if path in loops:
        yield f"{path} is the backing file of {loops[path]}, which keeps the present content"


def _backing_files() -> Iterator[tuple[str, str]]:
    for shown in glob.glob(_LOOP_DEVICES):
        # A device may be detached meanwhile.
        with contextlib.suppress(OSError), open(
            shown, encoding="utf-8", errors="surrogateescape"
        ) as stream:
            yield stream.read().rstrip("\n"), f"/dev/{shown.split('/')[3]}"


def _counted(others: int) -> str:
    return f"{others} other name{'s' if others > 1 else ''} (hard links)"
