"""Managed paths that others than root can replace: a warning, for it is safe but seldom meant."""

from __future__ import annotations

import collections
import os
from typing import Iterator

from ..filesystem import safe_paths
from ..manifest.desired_state import DesiredPath, DesiredState


def warnings(desired: DesiredState) -> Iterator[str]:
    """A sentence for each folder that lets others replace what is managed in it."""
    by_folder: dict[str, list[str]] = collections.defaultdict(list)
    for desired_path in desired.paths.values():
        folder = safe_paths.exposed_folder(desired_path.path)
        if folder and not _is_owners(desired_path, folder):
            by_folder[folder].append(desired_path.path)
    for folder, paths in by_folder.items():
        yield (
            f"others than root may rename things in {folder}, and so replace {', '.join(paths)}:"
            " give the files to the user who owns the folder, or let only root write into it"
        )


def _is_owners(desired_path: DesiredPath, folder: str) -> bool:
    """Whether the file belongs to the one user who could replace it."""
    found = os.lstat(folder)
    return (
        desired_path.type == "file"
        and desired_path.uid == found.st_uid
        and not found.st_mode & 0o022
    )
