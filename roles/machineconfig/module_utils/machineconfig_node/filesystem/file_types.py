"""What stands at a path that is neither a regular file nor a link, in a word."""

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
    """The word for it; empty for a regular file and for a link."""
    return next((word for is_kind, word in _TYPES if is_kind(mode)), "")
