"""The file by which an administrator asks for everything to be applied again, and a reboot."""

from __future__ import annotations

import contextlib
import os

# MCO's. What lies in /run is gone with the reboot that it asks for.
PATH = "/run/machine-config-daemon-force"


def exists() -> bool:
    """Whether somebody asks for it."""
    return os.path.lexists(PATH)


def remove() -> None:
    """What it asks for is done."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(PATH)
