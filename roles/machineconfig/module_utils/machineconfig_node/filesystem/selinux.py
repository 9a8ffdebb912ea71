"""The contexts that SELinux's policy gives to files, where there is SELinux."""

from __future__ import annotations

import os
import subprocess

from ..base.errors import NodeError

ATTRIBUTE = "security.selinux"
_SWITCH = "/sys/fs/selinux/enforce"
_AT_ONCE = 500  # paths on one command line
_NONE = "<<none>>"


def contexts(paths: list[str]) -> dict[str, str]:
    """The context of each of these files; none where the policy, or the machine, has none."""
    found: dict[str, str] = {}
    if os.path.exists(_SWITCH):
        for start in range(0, len(paths), _AT_ONCE):
            some = paths[start : start + _AT_ONCE]
            found.update(zip(some, _ask(some)))
    return {path: context for path, context in found.items() if context != _NONE}


def _ask(paths: list[str]) -> list[str]:
    # A file that is not there yet has no type by which it could be looked up.
    command = ["matchpathcon", "-n", "-m", "file", *paths]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise NodeError(
            f"SELinux does not say which contexts files have: {error}",
            "install matchpathcon on the node (package libselinux-utils)",
        ) from error
    return done.stdout.splitlines()
