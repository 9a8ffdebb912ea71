"""Warns of managed paths that users other than root can replace, which is rarely intended."""

from __future__ import annotations

import collections
import os
from typing import Iterator

from ...filesystem import safe_paths
from ...manifest.desired_state import DesiredPath, DesiredState


def warnings(desired: DesiredState) -> Iterator[str]:
    """Yield a warning for each folder in which other users can replace managed paths."""
    by_folder: dict[str, list[str]] = collections.defaultdict(list)
    for desired_path in desired.paths.values():
        folder = safe_paths.exposed_folder(desired_path.path)
        if folder and not _is_owners(desired_path, folder):
            by_folder[folder].append(desired_path.path)
    for folder, paths in by_folder.items():
        yield (
            f"users other than root can rename entries in {folder} and replace {', '.join(paths)}:"
            " make the owner of the folder the owner of the files, or let only root write to it"
        )


def _is_owners(desired_path: DesiredPath, folder: str) -> bool:
    """Whether the file belongs to the only user who can replace it."""
    found = os.lstat(folder)
    return (
        desired_path.type == "file"
        and desired_path.uid == found.st_uid
        and not found.st_mode & 0o022
    )
