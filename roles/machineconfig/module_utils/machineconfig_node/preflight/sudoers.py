"""Whether sudo takes a file of rules: not one that somebody but root can write."""

from __future__ import annotations

import stat
from typing import Iterator

from ..base.view import View


def problems(path: str, view: View) -> Iterator[str]:
    """Why sudo would refuse the file as the view shows it, and what to do."""
    for line in view.run("stat", "--format=%u %g %f", "--", path).lines[:1]:
        words = line.split()
        if len(words) == len(("uid", "gid", "mode")) and words[0].isdigit():
            yield from _problems(path, int(words[0]), int(words[1]), int(words[2], 16))


def _problems(path: str, uid: int, gid: int, mode: int) -> Iterator[str]:
    if uid:
        yield f"{path}: sudo refuses what is owned by uid {uid}; let the file have no other owner"
    if mode & stat.S_IWOTH or (mode & stat.S_IWGRP and gid):
        shown = f"{stat.S_IMODE(mode):04o}"
        yield f"{path}: sudo refuses what others may write, as mode {shown} says; use mode 0440"
