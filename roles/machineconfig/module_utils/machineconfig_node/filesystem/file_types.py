"""What stands at a path that is neither a regular file nor a link, in a word."""

from __future__ import annotations

import stat

_KINDS = (
    (stat.S_ISDIR, "folder"),
    (stat.S_ISCHR, "device"),
    (stat.S_ISBLK, "device"),
    (stat.S_ISFIFO, "fifo"),
    (stat.S_ISSOCK, "socket"),
)


def kind(mode: int) -> str:
    """The word for it; empty for a regular file and for a link."""
    return next((word for is_kind, word in _KINDS if is_kind(mode)), "")
