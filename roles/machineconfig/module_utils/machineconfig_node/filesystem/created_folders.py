"""Folders that were created for managed paths, and are removed with the last of them."""

from __future__ import annotations

import os
import stat
from typing import Iterable, Iterator

from ..base.errors import BelowLinkError
from . import durable, safe_paths


def remove_unneeded(made: Iterable[str], paths: Iterable[str]) -> list[str]:
    """Remove the folders that none of the paths needs; return the rest.

    A folder that contains anything else, or whose owner or mode changed, stays and is forgotten.
    """
    needed = {folder for path in paths for folder in _around(path)}
    there = [each for each in dict.fromkeys(made) if os.path.isdir(each)]
    for folder in sorted(set(there) - needed, key=len, reverse=True):
        if _is_as_made(folder):
            # If it was replaced meanwhile, only an empty folder can be removed.
            durable.remove_folder(folder)
    return [each for each in there if each in needed]


def _around(path: str) -> Iterator[str]:
    while path != os.path.dirname(path):
        path = os.path.dirname(path)
        yield path


def _is_as_made(folder: str) -> bool:
    try:
        with safe_paths.opened(folder) as there:
            if there is None or there.type != "folder":
                return False
            owned = there.status.st_uid == os.geteuid()
            return owned and stat.S_IMODE(there.status.st_mode) == durable.FOLDER_MODE
    except BelowLinkError:
        return False
