"""What a manifest wants at a path, put there."""

from __future__ import annotations

import os

from ..filesystem import durable, selinux
from .desired_state import Wanted


def put(path: str, wanted: Wanted, context: str = "") -> None:
    """Make `path` the file or the link that is wanted, or take it away.

    `context` is that of SELinux for a file, empty where there is none.
    """

    def label(descriptor: int) -> None:
        if context:
            os.setxattr(descriptor, selinux.ATTRIBUTE, context.encode() + b"\0")

    if wanted.type == "absent":
        durable.remove(path)
        return
    durable.make_folders(path)
    if wanted.type == "link":
        durable.write_link(path, wanted.target)
    else:
        durable.write_file(path, wanted.content, wanted.mode, wanted.uid, wanted.gid, label)
