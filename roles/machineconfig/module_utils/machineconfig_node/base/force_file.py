"""The file by which an administrator requests that everything is applied again, with a reboot."""

from __future__ import annotations

import contextlib
import os

# The path that OpenShift uses. The requested reboot removes it, as all of /run.
PATH = "/run/machine-config-daemon-force"


def exists() -> bool:
    """Whether the file exists."""
    return os.path.lexists(PATH)


def remove() -> None:
    """Remove the file, because its request is fulfilled."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(PATH)
