"""The mounts of this node."""

from __future__ import annotations

import dataclasses
import re

VOLATILE = {"tmpfs", "ramfs", "devtmpfs", "proc", "sysfs"}


@dataclasses.dataclass(frozen=True)
class Mount:
    """One mount: its mount point, the type of its file system, and its options."""

    point: str
    type: str
    options: str

    @property
    def is_volatile(self) -> bool:
        """Whether its content is lost at a reboot."""
        return self.type in VOLATILE

    @property
    def is_read_only(self) -> bool:
        """Whether it is mounted read-only."""
        return "ro" in self.options.split(",")


def read() -> list[Mount]:
    """Return all mounts, in the order in which they were mounted."""
    with open("/proc/self/mounts", encoding="utf-8", errors="surrogateescape") as stream:
        lines = [line.split() for line in stream]
    return [Mount(unescaped(words[1]), words[2], words[3]) for words in lines]


def containing(folder: str, mounts: list[Mount]) -> Mount:
    """Return the mount that contains `folder`; a later mount covers an earlier one."""
    around = (mount for mount in reversed(mounts) if is_below(folder, mount.point))
    return max(around, key=lambda mount: len(mount.point))


def is_below(path: str, point: str) -> bool:
    """Whether `path` is `point` or below it."""
    return point in {"/", path} or path.startswith(f"{point}/")


def swap_files() -> list[str]:
    """Return the files in which the kernel swaps now."""
    with open("/proc/swaps", encoding="utf-8", errors="surrogateescape") as stream:
        words = [line.split() for line in stream]
    return [unescaped(each[0]) for each in words[1:] if each[1] == "file"]


def unescaped(point: str) -> str:
    """Decode blanks and backslashes, which the kernel writes as octal numbers."""
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found.group(1), 8)), point)
