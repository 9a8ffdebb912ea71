"""SELinux contexts of files, on a node with SELinux."""

from __future__ import annotations

import os
import subprocess

from ..base.errors import NodeError

ATTRIBUTE = "security.selinux"
_SWITCH = "/sys/fs/selinux/enforce"
_BATCH = 500  # paths on one command line
_NONE = "<<none>>"


def contexts(paths: list[str]) -> dict[str, str]:
    """Return the context of each file for which the policy defines one."""
    found: dict[str, str] = {}
    if os.path.exists(_SWITCH):
        for start in range(0, len(paths), _BATCH):
            some = paths[start : start + _BATCH]
            found.update(zip(some, _query(some)))
    return {path: context for path, context in found.items() if context != _NONE}


def _query(paths: list[str]) -> list[str]:
    # The type is given, because the file may not exist yet.
    command = ["matchpathcon", "-n", "-m", "file", *paths]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise NodeError(
            f"the SELinux contexts of files cannot be read: {error}",
            "install matchpathcon on the node (package libselinux-utils)",
        ) from error
    return done.stdout.splitlines()
