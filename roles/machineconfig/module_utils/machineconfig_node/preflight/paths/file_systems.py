"""Whether a file system can hold the mode and owner of a file.

On FAT all files have the same rights, and a server of network file systems may permit no owner but
its own. Such a file would differ from its config for ever. The file systems that Linux nodes are
installed on are known to hold all rights; on others, a hidden file is created to find out, and
removed at once.
"""

from __future__ import annotations

import os
from typing import Iterable, Iterator

from ...base import os_errors
from ...base.errors import NodeError
from ...filesystem import durable, mounts
from ...manifest.desired_state import DesiredPath
from .writable import nearest_folder

_COMPLETE = {"bcachefs", "btrfs", "ext2", "ext3", "ext4", "f2fs", "jfs", "overlay", "xfs", "zfs"}


def validate(writes: Iterable[DesiredPath]) -> None:
    """Raise a NodeError that names every file whose rights its file system cannot hold."""
    mounted = mounts.read()
    problems: list[str] = []
    for each in writes:
        folder = nearest_folder(each.path)
        mount = mounts.containing(os.path.realpath(folder), mounted)
        if each.type == "file" and mount.type not in _COMPLETE:
            problems += _problems(each, folder, mount)
    if problems:
        raise NodeError(
            "; ".join(problems),
            "in the MachineConfig set the mode and owner that the file system gives, or change the "
            "path; or change the mount options, or the export (no_root_squash)",
        )


def _problems(desired: DesiredPath, folder: str, mount: mounts.Mount) -> Iterator[str]:
    wanted = (desired.mode, desired.uid, desired.gid)
    cannot = f"{desired.path} cannot have {_said(*wanted)}: {mount.point} ({mount.type})"
    try:
        given = durable.rights_given(folder, *wanted)
    except OSError as error:
        yield f"{cannot} does not permit it: {os_errors.to_node_error(error).cause}"
    else:
        if given != wanted:
            yield f"{cannot} gives it {_said(*given)}"


def _said(mode: int, uid: int, gid: int) -> str:
    return f"mode {mode:04o} and owner {uid}:{gid}"
