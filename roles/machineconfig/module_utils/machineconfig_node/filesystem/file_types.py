"""Names of the file types that are neither a regular file nor a link."""

from __future__ import annotations

import stat

_TYPES = (
    (stat.S_ISDIR, "folder"),
    (stat.S_ISCHR, "device"),
    (stat.S_ISBLK, "device"),
    (stat.S_ISFIFO, "fifo"),
    (stat.S_ISSOCK, "socket"),
)


def special_type(mode: int) -> str:
    """Return the name of the type; empty for a regular file or a link."""
    return next((name for is_type, name in _TYPES if is_type(mode)), "")
