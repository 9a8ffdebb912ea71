"""Errors of the operating system, translated into path, cause and remedy."""

from __future__ import annotations

import errno
import os
from typing import NamedTuple

from .errors import NodeError

_FIX = "fix the cause on the node"


class _Meaning(NamedTuple):
    cause: str
    remedy: str


_FORBIDDEN = "check its owner, `lsattr`, its mount and the audit log of the node"
_IN_THE_WAY = _Meaning("something else is in its place", "remove it, or move it away")
_MEANINGS = {
    errno.ENOSPC: _Meaning("its file system is full", "free disk space on the node (`df -h`)"),
    errno.EDQUOT: _Meaning("the quota of its file system is used up", "raise the quota"),
    errno.EROFS: _Meaning(
        "its file system is read-only",
        "mount it writable; `dmesg` shows whether its disk has failed",
    ),
    errno.EIO: _Meaning("its disk has failed", "check `dmesg` on the node, and replace the disk"),
    errno.EPERM: _Meaning("changing it is not permitted", _FORBIDDEN),
    errno.EACCES: _Meaning("access to it is not permitted", _FORBIDDEN),
    errno.EBUSY: _Meaning(
        "it is in use", "unmount it if it is a mount point (`findmnt`), or stop what uses it"
    ),
    errno.EMFILE: _Meaning("too many files are open", "raise the limit of open files"),
    errno.ENFILE: _Meaning("too many files are open on the node", "raise `sysctl fs.file-max`"),
    errno.ENOMEM: _Meaning("the node has no memory left", "free memory on the node"),
    errno.EISDIR: _IN_THE_WAY,
    errno.ENOTDIR: _IN_THE_WAY,
    errno.EEXIST: _IN_THE_WAY,
    errno.ELOOP: _IN_THE_WAY,
    errno.ENXIO: _IN_THE_WAY,
}
_NO_INODES = _Meaning(
    "its file system has no inodes left", "remove files that the node does not need (`df -i`)"
)


def to_node_error(error: OSError) -> NodeError:
    """Return the error as a cause with a remedy."""
    meaning = _meaning(error)
    return NodeError(": ".join(filter(None, [_path(error), meaning.cause])), meaning.remedy)


def _meaning(error: OSError) -> _Meaning:
    words = error.strerror or str(error) or type(error).__name__
    found = _MEANINGS.get(error.errno or 0)
    if error.errno == errno.ENOSPC and _lacks_inodes(_path(error)):
        found = _NO_INODES
    # The system's own message is kept, so that it can be searched for.
    return _Meaning(f"{found.cause} ({words})", found.remedy) if found else _Meaning(words, _FIX)


def _path(error: OSError) -> str:
    return os.fsdecode(error.filename) if isinstance(error.filename, (str, bytes)) else ""


def _lacks_inodes(path: str) -> bool:
    try:
        found = os.statvfs(os.path.dirname(path) or "/")
    except OSError:
        return False
    # A file system that allocates inodes on demand reports none.
    return bool(found.f_files) and not found.f_ffree
