"""Brings one path to its desired state."""

from __future__ import annotations

import os

from ..filesystem import durable, selinux
from .desired_state import DesiredPath


def write(path: str, desired_path: DesiredPath, context: str = "") -> None:
    """Write the desired file or link to `path`, or remove it.

    `context` is the file's SELinux context, empty without SELinux.
    """

    def label(descriptor: int) -> None:
        if context:
            os.setxattr(descriptor, selinux.ATTRIBUTE, context.encode() + b"\0")

    if desired_path.type == "absent":
        durable.remove(path)
        return
    durable.make_folders(path)
    if desired_path.type == "link":
        durable.write_link(path, desired_path.target)
    else:
        durable.write_file(
            path, desired_path.content, desired_path.mode, desired_path.uid, desired_path.gid, label
        )
