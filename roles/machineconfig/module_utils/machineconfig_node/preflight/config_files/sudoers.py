"""Whether sudo accepts a sudoers file: only root may be able to write it."""

from __future__ import annotations

import stat
from typing import Iterator

from ...base.view import View


def problems(path: str, view: View) -> Iterator[str]:
    """Yield why sudo would refuse the file in the view, with the remedy."""
    for line in view.run("stat", "--format=%u %g %f", "--", path).lines[:1]:
        words = line.split()
        if len(words) == len(("uid", "gid", "mode")) and words[0].isdigit():
            yield from _problems(path, int(words[0]), int(words[1]), int(words[2], 16))


def _problems(path: str, uid: int, gid: int, mode: int) -> Iterator[str]:
    if uid:
        yield f"{path}: sudo refuses a file owned by uid {uid}; make root the owner"
    if mode & stat.S_IWOTH or (mode & stat.S_IWGRP and gid):
        shown = f"{stat.S_IMODE(mode):04o}"
        yield f"{path}: sudo refuses a file that others can write (mode {shown}); use mode 0440"
